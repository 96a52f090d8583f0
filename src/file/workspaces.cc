#include "file/workspaces.h"

#include "base/log.h"
#include "store/settings.h"

namespace zo {
namespace {

constexpr std::int64_t kTidyMs = 60 * 60 * 1'000;
constexpr const char* kWorkspace = "workspace";

}  // namespace

Files& Workspaces::add(PersonId person, Workspace workspace) {
  const auto [place, fresh] = files_.try_emplace(std::move(person), std::make_unique<Files>(std::move(workspace), threads_));
  ZO_CHECK(fresh);
  return *place->second;
}

Task<Result<>> Workspaces::remember(Store& store) {
  for (const auto& [person, files] : files_) {
    ZO_CO_OK(co_await files->remember(store, person));
  }
  co_return Result<>{};
}

Task<void> Workspaces::tidy(Clock& clock) {
  for (;;) {
    for (const auto& [person, files] : files_) {
      const Result<> tidied = co_await files->tidy_trash(clock.now());
      if (!tidied) log_warn("files", "what was deleted long ago could not be removed: " + tidied.error().message);
    }
    co_await clock.sleep_for(kTidyMs);
  }
}

Result<std::reference_wrapper<Files>> Workspaces::of(const PersonId& person) const {
  const auto found = files_.find(person);
  if (found == files_.end()) return fail(Code::Denied, "you have no workspace on this computer", "only the person at the machine has one");
  return std::ref(*found->second);
}

Task<Result<std::string>> read_workspace_choice(Store& store, PersonId person) {
  ZO_CO_TRY(std::optional<std::string> folder, co_await read_setting(store, std::move(person), kWorkspace));
  co_return std::move(folder).value_or("");
}

Task<Result<>> write_workspace_choice(Store& store, PersonId person, std::string folder) {
  return write_setting(store, std::move(person), kWorkspace, std::move(folder));
}

}  // namespace zo
