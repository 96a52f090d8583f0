#include "cmd/local.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "cmd/client.h"
#include "file/workspaces.h"
#include "os/file.h"

namespace zo {

Task<Result<std::unique_ptr<LocalHome>>> open_local_home(Home home) {
  ZO_CO_TRY(HomeLock lock, HomeLock::take(home));
  ZO_CO_TRY(std::unique_ptr<Store> store, open_store(home));
  auto local = std::make_unique<LocalHome>(std::move(lock), std::move(store));
  ZO_CO_TRY(local->caller, co_await local->accounts.at_machine(::geteuid()));
  co_return local;
}

Task<Result<std::string>> find_workspace(Home home) {
  if (ApiClient::home_is_served(home)) {
    ApiClient client(co_await asio::this_coro::executor, {}, home);
    ZO_CO_TRY(const Json computer, co_await client.get("/api/computer"));
    co_return text_at(computer, "workspace");
  }
  // Without a database nobody has chosen one.
  struct stat status{};
  if (::stat(home.database().c_str(), &status) != 0) co_return home.workspace({});
  ZO_CO_TRY(const std::unique_ptr<LocalHome> local, co_await open_local_home(home));
  ZO_CO_TRY(const std::string chosen, co_await read_workspace_choice(*local->store, local->caller.person));
  co_return home.workspace(chosen);
}

}  // namespace zo
