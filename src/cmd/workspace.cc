// `zo workspace`: the folder in which the agent works.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>

#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/local.h"
#include "cmd/terminal.h"
#include "base/text.h"
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

std::string describe_quota(const std::optional<std::uint64_t>& bytes) {
  return bytes ? human_size(*bytes) : fmt::format("{} or a tenth of what is free, whichever is less", human_size(limits::kRunDiskBytes));
}

Result<std::optional<std::uint64_t>> quota_of(const std::string& typed) {
  if (typed == "usual") return std::nullopt;
  std::string digits = typed;
  try {
    CLI::AsSizeValue(true)(digits);
  } catch (const CLI::ValidationError&) {
    digits.clear();
  }
  const std::optional<std::uint64_t> bytes = to_whole_number(digits);
  if (!bytes || *bytes == 0)
    return fail(Code::Invalid, fmt::format("'{}' is not a size", typed), "zo workspace quota 20GB");
  return bytes;
}

Task<Result<int>> set_quota(const WorkspaceOptions& options) {
  ZO_CO_TRY(const Home home, open_home());
  ApiClient client(co_await asio::this_coro::executor, {}, home);
  const bool served = ApiClient::home_is_served(home);
  std::optional<std::uint64_t> bytes;
  if (!options.quota.empty()) {
    ZO_CO_TRY(bytes, quota_of(options.quota));
  }
  if (served && options.quota.empty()) {
    ZO_CO_TRY(const Json computer, co_await client.get("/api/computer"));
    if (const Json* run = find(*find(computer, "limits"), "workspace_bytes_a_run"); run != nullptr && run->is_int64())
      bytes = static_cast<std::uint64_t>(run->as_int64());
  } else if (served) {
    const Result<Json> kept = co_await client.put("/api/workspace/quota", JsonObject{{"bytes", bytes ? Json(*bytes) : Json(nullptr)}});
    if (!kept) co_return std::unexpected(kept.error());
  } else {
    ZO_CO_TRY(const std::unique_ptr<LocalHome> local, co_await open_local_home(home));
    if (options.quota.empty()) {
      ZO_CO_TRY(bytes, co_await read_run_bytes_max(*local->store, local->caller.person));
    } else {
      ZO_CO_OK(co_await write_run_bytes_max(*local->store, local->caller.person, bytes));
    }
  }
  write_output(options.json ? to_text(JsonObject{{"workspace_bytes_a_run", bytes ? Json(*bytes) : Json(nullptr)}}) + "\n" : describe_quota(bytes) + "\n");
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
