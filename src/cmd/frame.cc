#include "cmd/frame.h"

#include "cmd/terminal.h"

namespace zo {

int run_command(const std::function<Task<Result<int>>()>& start) {
  asio::io_context io{1};
  Result<int> outcome = 1;
  std::exception_ptr failure;
  asio::co_spawn(io, start(), [&](std::exception_ptr thrown, Result<int> returned) {
    failure = thrown;
    outcome = std::move(returned);
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
  if (outcome) return *outcome;
  print_error(outcome.error());
  return exit_code(outcome.error().code);
}

}  // namespace zo
