// Work on the same thing, one after another, of one io thread: whoever enters under a name that is taken waits until it is free.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "async/condition.h"

namespace zo {

class Turns {
 public:
  // Frees the name when it goes. Must not outlive its Turns.
  class Turn {
   public:
    Turn() = default;
    Turn(Turns& turns, std::string name) : turns_(&turns), name_(std::move(name)) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)), name_(std::move(other.name_)) {}
    Turn& operator=(Turn&& other) noexcept {
      std::swap(turns_, other.turns_);
      std::swap(name_, other.name_);
      return *this;
    }
    ~Turn() {
      if (turns_ != nullptr) turns_->leave(name_);
    }

   private:
    Turns* turns_ = nullptr;
    std::string name_;
  };

  // Throws when the waiting coroutine is cancelled.
  Task<Turn> enter(std::string name) {
    const Executor executor = co_await asio::this_coro::executor;
    while (!taken_.insert(name).second) {
      if (!freed_) freed_ = std::make_unique<Condition>(executor);
      co_await freed_->wait();
    }
    co_return Turn(*this, std::move(name));
  }

 private:
  void leave(const std::string& name) {
    taken_.erase(name);
    if (freed_) freed_->notify_all();
  }

  std::set<std::string> taken_;
  std::unique_ptr<Condition> freed_;  // once somebody has waited
};

}  // namespace zo
