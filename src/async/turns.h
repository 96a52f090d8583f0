// One after another, of one io thread: whoever enters while another is in waits until that has left.
#pragma once

#include <memory>
#include <utility>

#include "async/condition.h"

namespace zo {

class Turns;

// Leaves when it goes. Must not outlive its Turns.
class Turn {
 public:
  Turn() = default;
  explicit Turn(Turns& turns) : turns_(&turns) {}
  Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
  Turn& operator=(Turn&& other) noexcept {
    std::swap(turns_, other.turns_);
    return *this;
  }
  ~Turn();

 private:
  Turns* turns_ = nullptr;
};

class Turns {
 public:
  // Throws when the waiting coroutine is cancelled.
  Task<Turn> enter() {
    const Executor executor = co_await asio::this_coro::executor;
    while (taken_) {
      if (!freed_) freed_ = std::make_unique<Condition>(executor);
      co_await freed_->wait();
    }
    taken_ = true;
    co_return Turn(*this);
  }

 private:
  friend class Turn;
  void leave() {
    taken_ = false;
    if (freed_) freed_->notify_all();
  }

  bool taken_ = false;
  std::unique_ptr<Condition> freed_;  // once somebody has waited
};

inline Turn::~Turn() {
  if (turns_ != nullptr) turns_->leave();
}

}  // namespace zo
