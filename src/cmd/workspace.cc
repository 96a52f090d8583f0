// `zo workspace`: the folder in which the agent works.
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>

#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/limit_book.h"
#include "cmd/local.h"
#include "cmd/terminal.h"
#include "file/workspaces.h"

namespace zo {
namespace {

std::string overriding_workspace() {
  const char* value = std::getenv("ZO_WORKSPACE");
  return value != nullptr ? value : "";
}

Task<Result<int>> show(const WorkspaceOptions& options) {
  ZO_CO_TRY(const Home home, open_home());
  ZO_CO_TRY(const std::string folder, co_await find_workspace(home));
  write_output(options.json ? to_text(JsonObject{{"workspace", folder}}) + "\n" : folder + "\n");
  co_return 0;
}

Result<std::string> existing_folder(const std::string& typed) {
  std::error_code failure;
  const std::filesystem::path folder = std::filesystem::canonical(typed, failure);
  if (failure) return fail(Code::NotFound, "cannot use " + typed + ": " + failure.message(), "mkdir -p " + typed);
  if (!std::filesystem::is_directory(folder, failure)) return fail(Code::Invalid, "cannot use " + typed + ": it is not a folder");
  return folder.string();
}

Task<Result<int>> use(const WorkspaceOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const std::string folder, existing_folder(options.folder));
  ZO_CO_TRY(const Home home, open_home());
  ZO_CO_TRY(const Workspace seen, Workspace::look(folder, home.closed()));
  if (!seen.unmapped().empty())
    print_note(terminal, fmt::format("what others own below {} stays closed to the agent: {}", folder, seen.unmapped()));
  if (ApiClient::home_is_served(home)) {
    ApiClient client(co_await asio::this_coro::executor, {}, home);
    const Result<Json> kept = co_await client.put("/api/workspace", JsonObject{{"path", folder}});
    if (!kept) co_return std::unexpected(kept.error());
    print_note(terminal, "the server that runs now uses it from its next start on");
  } else {
    ZO_CO_TRY(const std::unique_ptr<LocalHome> local, co_await open_local_home(home));
    ZO_CO_OK(co_await write_workspace_choice(*local->store, local->caller.person, folder));
  }
  if (!overriding_workspace().empty()) print_note(terminal, "ZO_WORKSPACE is set and goes before this choice");
  write_output(options.json ? to_text(JsonObject{{"workspace", folder}}) + "\n" : folder + "\n");
  co_return 0;
}

// Another word for `zo limit set disk_a_run`.
Task<Result<int>> set_quota(const WorkspaceOptions& options) {
  const LimitSpec& spec = spec_of(Limit::DiskARun);
  std::optional<std::int64_t> bytes;
  if (!options.quota.empty() && options.quota != "usual") {
    ZO_CO_TRY(bytes, limit_from_text(spec, options.quota));
  }
  ZO_CO_TRY(const auto book, co_await LimitBook::open({}));
  Task<Result<Json>> task = options.quota.empty() ? book->one(spec.limit) : book->set(spec.limit, bytes);
  ZO_CO_TRY(const Json now, co_await std::move(task));
  const Json chosen = bool_at(now, "chosen").value_or(false) ? Json(integer_at(now, "value").value_or(0)) : Json(nullptr);
  write_output(options.json ? to_text(JsonObject{{"workspace_bytes_a_run", chosen}}) + "\n" : text_at(now, "text") + "\n");
  co_return 0;
}

}  // namespace

int workspace_quota(const WorkspaceOptions& options) {
  return run_command([&options] { return set_quota(options); });
}
int workspace_show(const WorkspaceOptions& options) {
  return run_command([&options] { return show(options); });
}
int workspace_use(const WorkspaceOptions& options) {
  return run_command([&options] { return use(options); });
}

}  // namespace zo
