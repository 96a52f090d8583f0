// gather(items, at_once, work): runs work(item) for every item, at most `at_once` at a time, and returns the results in the
// order of the items. The first error cancels the rest: an exception is thrown after all have ended, and a Result that is an error
// stands in the place of all that were not finished, too.
#pragma once

#include <exception>
#include <optional>
#include <vector>

#include "async/scope.h"

namespace zo {

namespace gather_detail {

template <class Value>
concept IsResult = requires(Value value) {
  value.has_value();
  value.error();
};

template <class Item, class Value, class Work>
struct State {
  std::vector<Item> items;
  Work work;
  std::vector<std::optional<Value>> results;
  std::size_t next = 0;
  std::exception_ptr failure;
  std::optional<std::size_t> error;  // the item whose Result was the first error
  Scope* scope = nullptr;

  bool over() const { return next >= items.size() || failure || error; }
};

template <class Item, class Value, class Work>
Task<void> worker(State<Item, Value, Work>& state) {
  while (!state.over()) {
    const std::size_t i = state.next++;
    try {
      Task<Value> task = state.work(std::move(state.items[i]));
      state.results[i].emplace(co_await std::move(task));
    } catch (...) {  // kept, and thrown by gather() once everyone has ended; but the cancellation that an error of another brought
      if (!state.failure && !state.error) state.failure = std::current_exception();
      state.scope->cancel();
      continue;
    }
    if constexpr (IsResult<Value>) {
      if (state.error || state.results[i]->has_value()) continue;
      state.error = i;
      state.scope->cancel();
    }
  }
}

}  // namespace gather_detail

template <class Item, class Work>
auto gather(std::vector<Item> items, std::size_t at_once, Work work)
    -> Task<std::vector<typename std::invoke_result_t<Work&, Item>::value_type>> {
  using Value = typename std::invoke_result_t<Work&, Item>::value_type;
  Scope scope(co_await asio::this_coro::executor);
  const std::size_t count = items.size();
  gather_detail::State<Item, Value, Work> state{std::move(items), std::move(work), {}, 0, nullptr, {}, &scope};
  state.results.resize(count);
  for (std::size_t i = 0; i < std::min(at_once, count); ++i) scope.spawn("gather", gather_detail::worker(state));

  // The children borrow from this frame, so it must outlive them: when we are cancelled they are cancelled, and waited for.
  std::exception_ptr cancelled;
  try {
    co_await scope.wait();
  } catch (...) {  // our own cancellation; thrown again below
    cancelled = std::current_exception();
  }
  if (cancelled) {
    state.failure = cancelled;  // who ends all the same takes no further item
    scope.cancel();
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await scope.wait();
    std::rethrow_exception(cancelled);
  }
  if (state.failure) std::rethrow_exception(state.failure);
  if constexpr (gather_detail::IsResult<Value>) {
    if (state.error)
      for (auto& result : state.results)
        if (!result) result.emplace(std::unexpected(state.results[*state.error]->error()));
  }
  std::vector<Value> values;
  for (auto& result : state.results) values.push_back(std::move(*result));
  co_return values;
}

}  // namespace zo
