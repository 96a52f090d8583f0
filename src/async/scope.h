// Structured concurrency: every spawned coroutine belongs to a Scope, which counts it, can cancel it and waits for it.
// A child that fails with anything but cancellation is logged with its name; the other children go on.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <list>
#include <memory>
#include <string>

#include "async/condition.h"
#include "async/task.h"

namespace zo {

class Scope {
 public:
  // Cancels one child, or does nothing once the child has ended.
  class Child {
   public:
    void cancel();
    bool ended() const { return signal_.expired(); }

   private:
    friend class Scope;
    std::weak_ptr<asio::cancellation_signal> signal_;
  };

  explicit Scope(Executor executor) : executor_(std::move(executor)), empty_(executor_) {}
  // All children have ended by then: await stop(), or wait(), first.
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // `name` appears in the log when the child fails.
  Child spawn(std::string name, Task<void> task);
  // Asks every child to end; returns at once.
  void cancel();
  // Resumes when there are no children.
  Task<void> wait();
  // cancel() and wait().
  Task<void> stop();
  std::size_t size() const { return signals_.size(); }

 private:
  using Signals = std::list<std::shared_ptr<asio::cancellation_signal>>;
  void end(const std::string& name, Signals::iterator child, const std::exception_ptr& failure);

  Executor executor_;
  Signals signals_;
  Condition empty_;
};

}  // namespace zo
