// Compiles and runs the everyday coroutine idioms that some compilers get wrong (temporaries destroyed twice, captures
// copied bitwise, conditions evaluated in the wrong frame). Exit code 0 means that all of them behave. No dependencies.
#include <coroutine>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

int alive = 0;      // Tracked objects that exist now
int corrupted = 0;  // objects seen at an address that is not their own
std::vector<std::coroutine_handle<>> ready;

// Knows its own address, so that a bitwise copy or a second destruction shows.
struct Tracked {
  explicit Tracked(int v) : value(v), self(this) { ++alive; }
  Tracked(const Tracked& o) : value(o.value), self(this) { ++alive; o.check(); }
  Tracked(Tracked&& o) noexcept : value(o.value), self(this) { ++alive; o.check(); }
  Tracked& operator=(const Tracked&) = default;
  ~Tracked() { check(); --alive; self = nullptr; }
  void check() const { if (self != this) ++corrupted; }
  int value;
  const Tracked* self;
};

struct Suspend {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) const { ready.push_back(h); }
  void await_resume() const noexcept {}
};

template <class T> struct Task {
  struct promise_type {
    std::optional<T> value;
    std::coroutine_handle<> waiter;
    Task get_return_object() { return Task{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Final {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
          return h.promise().waiter ? h.promise().waiter : std::noop_coroutine();
        }
        void await_resume() noexcept {}
      };
      return Final{};
    }
    void return_value(T v) { value.emplace(std::move(v)); }
    void unhandled_exception() { std::terminate(); }
  };
  explicit Task(std::coroutine_handle<promise_type> h) : handle(h) {}
  Task(Task&& o) noexcept : handle(std::exchange(o.handle, {})) {}
  ~Task() { if (handle) handle.destroy(); }
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> w) { handle.promise().waiter = w; return handle; }
  T await_resume() { return std::move(*handle.promise().value); }
  std::coroutine_handle<promise_type> handle;
};

struct Options { Tracked first; Tracked second{2}; };

Task<int> by_value(Tracked t) { co_await Suspend{}; t.check(); co_return t.value; }
Task<int> aggregate(Options o) { co_await Suspend{}; co_return o.first.value + o.second.value; }
Task<int> call(std::function<int()> f) { co_await Suspend{}; co_return f(); }
Task<bool> yes(int n) { Tracked t{n}; co_await Suspend{}; co_return t.value > 0; }
Task<int> list(std::vector<Tracked> v) { co_await Suspend{}; int sum = 0; for (auto& t : v) { t.check(); sum += t.value; } co_return sum; }
Task<std::string> text(std::string s) { co_await Suspend{}; co_return s + "!"; }

Task<int> idioms() {
  int sum = co_await by_value(Tracked{1});
  sum += co_await aggregate(Options{.first = Tracked{1}});
  Tracked captured{5};
  sum += co_await call([captured] { captured.check(); return captured.value; });
  if (sum > 0 && co_await yes(1)) ++sum;
  switch (co_await by_value(Tracked{7})) { case 7: ++sum; break; default: sum += 1000; }
  sum += (co_await yes(1)) ? co_await by_value(Tracked{3}) : co_await by_value(Tracked{400});
  auto [a, b] = std::pair{co_await by_value(Tracked{1}), co_await by_value(Tracked{2})};
  sum += a + b;
  sum += co_await list({Tracked{1}, Tracked{2}});
  const std::string long_text = co_await text(std::string(100, 'x'));
  sum += static_cast<int>(long_text.size());
  co_return sum;
}

}  // namespace

int main() {
  int result = 0;
  {
    Task<int> task = idioms();
    task.handle.resume();
    while (!ready.empty()) { auto h = ready.back(); ready.pop_back(); h.resume(); }
    if (!task.handle.done()) { std::puts("a coroutine was never resumed"); return 1; }
    result = *task.handle.promise().value;
  }
  const int expected = 1 + 3 + 5 + 1 + 1 + 3 + 3 + 3 + 101;
  if (result == expected && alive == 0 && corrupted == 0) return 0;
  std::printf("result %d (expected %d), objects left %d, corrupted %d\n", result, expected, alive, corrupted);
  return 1;
}
