#include "automation/file_watch.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <boost/json.hpp>

#include "async/deadline.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/shown.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::int64_t kLookMs = 3'000;
constexpr std::int64_t kSlowMs = 600'000;      // between two of a chain that has grown long
constexpr std::size_t kPathsTold = 200;
constexpr std::size_t kFilesMost = 1'000;      // of one pattern
constexpr std::size_t kListedMost = 20'000;    // that are looked through for them
constexpr std::string_view kWild = "*?[";

SeenFiles seen_from_text(std::string_view text) {
  SeenFiles files;
  const Result<Json> all = parse_json(text, "files");
  if (!all || !all->is_object()) return files;
  for (const auto& [path, stamp] : all->as_object())
    if (stamp.is_string()) files[std::string(path)] = std::string(stamp.as_string());
  return files;
}

// The folder under which all that fits must stand, and whether some of it may stand deeper.
struct Place {
  std::string folder = ".";
  bool is_deep = false;
};

Place place_of(const std::string& pattern) {
  const std::size_t wild = pattern.find_first_of(kWild);
  const std::size_t slash = pattern.rfind('/', wild);
  Place place;
  if (slash != pattern.npos) place.folder = pattern.substr(0, slash);
  place.is_deep = pattern.find("**") != pattern.npos || (wild != pattern.npos && pattern.find('/', wild) != pattern.npos);
  return place;
}

// A line of its own each, whatever is in the name.
Trigger trigger_of(const std::vector<std::string>& paths, std::string_view seen) {
  Trigger trigger{.cause = Cause::File, .detail = name_in_line(paths.front()), .key = "file " + hash_hex(seen)};
  if (paths.size() > 1) trigger.detail += fmt::format(" and {} more", paths.size() - 1);
  for (std::size_t i = 0; i < std::min(paths.size(), kPathsTold); ++i) trigger.input += name_in_line(paths[i]) + "\n";
  if (paths.size() > kPathsTold) trigger.input += fmt::format("and {} more\n", paths.size() - kPathsTold);
  return trigger;
}

}  // namespace

std::string text_of(const SeenFiles& files) {
  JsonObject all;
  for (const auto& [path, stamp] : files) all[path] = stamp;
  return to_text(all);
}

bool fits_pattern(const std::string& pattern, const std::string& path) {
  if (path == pattern || path.starts_with(pattern + "/")) return true;
  if (pattern.starts_with("**/") && fits_pattern(pattern.substr(3), path)) return true;  // no folder at all
  const int flags = FNM_PERIOD | (pattern.find("**") == pattern.npos ? FNM_PATHNAME : 0);
  return ::fnmatch(pattern.c_str(), path.c_str(), flags) == 0;
}

Task<Result<SeenFiles>> files_of(Files& files, std::string pattern) {
  Place place = place_of(pattern);
  SeenFiles found;
  if (pattern.find_first_of(kWild) == pattern.npos) {  // one name: a file, or all in a folder
    const Result<FileEntry> entry = co_await files.entry(pattern);
    if (!entry) co_return found;
    if (entry->kind == FileKind::Folder) place = {pattern, true};
  }
  const Result<FileList> list = co_await files.list(place.folder, place.is_deep ? Depth::Everything : Depth::Here, kListedMost);
  if (!list) {
    if (list.error().code == Code::NotFound) co_return found;  // it may come
    co_return std::unexpected(list.error());
  }
  for (const FileEntry& entry : list->items)
    if (entry.kind == FileKind::File && fits_pattern(pattern, entry.path)) found[entry.path] = fmt::format("{} {}", entry.changed_ns, entry.size_bytes);
  if (list->truncated) co_return fail(Code::Exhausted, fmt::format("there are more than {} files where '{}' looks", kListedMost, pattern), "watch a folder of its own");
  if (found.size() > kFilesMost) co_return fail(Code::Exhausted, fmt::format("'{}' is {} files, limit {}", pattern, found.size(), kFilesMost), "watch a folder of its own");
  co_return found;
}

void FileWatch::start() { keeping_.spawn("watch files", keep()); }

void FileWatch::look() {
  any_ = true;
  changed_.notify_all();
}

std::string FileWatch::problem(const AutomationId& id) const {
  const auto found = watched_.find(id);
  return found == watched_.end() ? "" : found->second.problem;
}

Task<void> FileWatch::keep() {
  for (;;) {
    if (!any_) {
      co_await changed_.wait();
      continue;
    }
    any_ = false;  // whoever adds one meanwhile says so
    auto question = [](Transaction& tx) -> Result<std::vector<WatchingAutomation>> { return automations_with_files(tx); };
    Result<std::vector<WatchingAutomation>> all = co_await store_.read(std::move(question));
    any_ = any_ || !all || !all->empty();
    if (all) {
      std::erase_if(watched_, [&](const auto& one) { return std::ranges::find(*all, one.first, &WatchingAutomation::id) == all->end(); });
      for (WatchingAutomation& one : *all) co_await look_at(std::move(one));
    }
    if (any_) co_await clock_.sleep_for(kLookMs);
  }
}

FileWatch::Changed FileWatch::changed_of(const WatchingAutomation& one, const Watched& watched, const SeenFiles& last, const SeenFiles& now, TimeMs at) {
  const SeenFiles seen = seen_from_text(one.seen);
  Changed changed{.paths = {}, .since = at, .seen = {}};
  for (const auto& [path, stamp] : now) {
    const auto was = seen.find(path), before = last.find(path);
    const bool is_new = was == seen.end() || was->second != stamp;
    const bool stands_still = before != last.end() && before->second == stamp;
    if (is_new && stands_still) {
      changed.paths.push_back(path);
      const auto since = watched.since.find(path);
      changed.since = std::min(changed.since, since == watched.since.end() ? at : since->second);
    }
    if (is_new && stands_still) changed.seen[path] = stamp;
    else if (was != seen.end()) changed.seen[path] = was->second;
  }
  return changed;
}

Task<void> FileWatch::look_at(WatchingAutomation one) {
  const auto files = workspaces_.of(one.person_id);
  if (!files) co_return;
  Result<SeenFiles> now = co_await files_of(files->get(), one.pattern);
  Watched& watched = watched_[one.id];
  const std::string problem = now ? "" : now.error().message;
  if (problem != watched.problem && !problem.empty()) log_warn("automation", "files are not watched: " + problem);
  watched.problem = problem;
  if (!now) co_return;
  const TimeMs at = clock_.now();
  for (const auto& [path, stamp] : *now)
    if (const auto before = watched.last.find(path); before == watched.last.end() || before->second != stamp) watched.since.try_emplace(path, watched.looked_at.value_or(at));
  std::erase_if(watched.since, [&](const auto& of) { return !now->contains(of.first); });
  const SeenFiles last = std::exchange(watched.last, *now);
  watched.looked_at = at;
  Changed changed = changed_of(one, watched, last, *now, at);
  if (changed.paths.empty() && text_of(changed.seen) == one.seen) co_return;
  if (const Result<> noted = co_await note(std::move(one), std::move(changed)); !noted) log_error("automation", "a file that has changed started nothing yet: " + noted.error().message);
}

Task<Result<>> FileWatch::note(WatchingAutomation one, Changed changed) {
  const std::string seen = text_of(changed.seen);
  struct Noted {
    bool is_seen = false;
    Fired fired;
  };
  auto change = [one, changed, seen, id = JobId::make(dice_, clock_.now()), now = clock_.now()](Transaction& tx) -> Result<Noted> {
    const std::optional<Automation> automation = find_automation(tx, one.person_id, one.id);
    if (!automation) return Noted{};
    if (changed.paths.empty() || automation->paused_at) return Noted{set_files_seen(tx, one, seen), {}};
    Trigger trigger = trigger_of(changed.paths, seen);
    trigger.depth = depth_of_what_changed(tx, one.person_id, changed.since, now);
    // Until then they wait, and are looked at again.
    if (!live_jobs(tx, one.person_id, one.id).empty() || is_held_back(tx, *automation, now)) return Noted{};
    if (trigger.depth > limits::kChainMost && began_since(tx, one.person_id, one.id, now - kSlowMs)) return Noted{};
    trigger.depth = std::min(trigger.depth, limits::kChainMost);
    if (!set_files_seen(tx, one, seen)) return Noted{};
    return Noted{true, fire_once(tx, *automation, trigger, id, now)};
  };
  ZO_CO_TRY(const Noted noted, co_await store_.write(std::move(change)));
  if (noted.is_seen)
    for (const std::string& path : changed.paths) watched_[one.id].since.erase(path);
  if (noted.fired.single) worker_.hand_on(one.person_id, noted.fired, one.id);
  co_return Result<>{};
}

}  // namespace zo
