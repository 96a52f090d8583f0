// Threads for plain blocking work: files, hashing, a reader's SQL. Reached only through offload().
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace zo {

class Threads {
 public:
  // `name` shows in `top -H` (at most 15 characters).
  Threads(std::string name, std::size_t threads);
  // Finishes what was posted, then ends the threads. Must happen before the io_context is destroyed.
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  // From any thread. Work is bounded by its callers: each posts from a coroutine that waits for the outcome.
  void post(std::move_only_function<void()> work);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace zo
