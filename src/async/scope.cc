#include "async/scope.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <vector>

#include "base/log.h"
#include "base/result.h"

namespace zo {
namespace {

// Suspends once before the work begins, so that spawn() returns first. Asio 1.81 also needs it: a coroutine that is cancelled
// and ends without ever having suspended throws out of io_context::run().
Task<void> begin(Executor executor, Task<void> task) {
  auto later = asio::post(executor, asio::use_awaitable);
  co_await std::move(later);
  co_await std::move(task);
}

}  // namespace

void Scope::Child::cancel() {
  if (const auto signal = signal_.lock()) signal->emit(asio::cancellation_type::terminal);
}

Scope::~Scope() { ZO_CHECK(signals_.empty()); }

Scope::Child Scope::spawn(std::string name, Task<void> task) {
  const auto child = signals_.insert(signals_.end(), std::make_shared<asio::cancellation_signal>());
  Child handle;
  handle.signal_ = *child;
  auto ended = [this, name = std::move(name), child](std::exception_ptr failure) { end(name, child, failure); };
  asio::co_spawn(executor_, begin(executor_, std::move(task)), asio::bind_cancellation_slot((*child)->slot(), std::move(ended)));
  return handle;
}

void Scope::end(const std::string& name, Signals::iterator child, const std::exception_ptr& failure) {
  signals_.erase(child);
  if (failure && !is_cancellation(failure)) {
    std::string buffer;
    log_error("async", "activity '" + name + "' failed: " + std::string(describe(failure, buffer)));
  }
  if (signals_.empty()) empty_.notify_all();
}

void Scope::cancel() {
  // A child may end, and leave the list, while its signal is emitted.
  const std::vector<std::shared_ptr<asio::cancellation_signal>> signals(signals_.begin(), signals_.end());
  for (const auto& signal : signals) signal->emit(asio::cancellation_type::terminal);
}

Task<void> Scope::wait() {
  while (!signals_.empty()) co_await empty_.wait();
}

Task<void> Scope::stop() {
  cancel();
  co_await wait();
}

}  // namespace zo
