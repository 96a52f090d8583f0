#include "cmd/local_computer.h"

#include "os/environment.h"

namespace zo {

Task<Result<std::unique_ptr<LocalComputer>>> LocalComputer::open(Home home) {
  auto local = std::make_unique<LocalComputer>();
  const Executor executor = co_await asio::this_coro::executor;
  ZO_CO_TRY(local->home, co_await open_local_home(home));
  local->world.emplace(World{.executor = executor, .threads = local->threads, .clock = local->home->clock, .dice = local->home->dice, .environment = take_model_environment()});
  local->world->passphrase = take_variable(kPassphraseVariable);
  local->computer.emplace(*local->world, std::move(home), *local->home->store, local->workspaces);
  ZO_CO_OK(co_await local->computer->open_vault());
  co_return local;
}

}  // namespace zo
