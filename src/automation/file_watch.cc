#include "automation/file_watch.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <boost/json.hpp>

#include "async/deadline.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::int64_t kLookMs = 3'000;
constexpr std::int64_t kOwnDoingMs = 3 * kLookMs;  // behind the end of a run: until what it wrote has stood still, and was looked at
constexpr std::size_t kPathsTold = 200;
constexpr std::size_t kFilesMost = 1'000;  // of one pattern

std::string text_of(const SeenFiles& files) {
  JsonObject all;
  for (const auto& [path, stamp] : files) all[path] = stamp;
  return to_text(all);
}

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
  const std::size_t wild = pattern.find_first_of("*?[");
  const std::size_t slash = pattern.rfind('/', wild);
  Place place;
  if (slash != pattern.npos) place.folder = pattern.substr(0, slash);
  place.is_deep = pattern.find("**") != pattern.npos || (wild != pattern.npos && pattern.find('/', wild) != pattern.npos);
  return place;
}

// What changed while an earlier one of it worked may be that one's doing: it is one more of a chain.
int depth_of(Transaction& tx, const WatchingAutomation& one, TimeMs now) {
  const std::vector<Occurrence> newest = list_occurrences(tx, one.person_id, one.id, std::nullopt, 1);
  if (newest.empty() || !newest.front().finished_at || *newest.front().finished_at < now - kOwnDoingMs) return 0;
  return newest.front().depth + 1;
}

std::string told_of(const std::vector<std::string>& paths) {
  if (paths.empty()) return "";
  return paths.size() == 1 ? paths.front() : fmt::format("{} and {} more", paths.front(), paths.size() - 1);
}

}  // namespace

bool fits_pattern(const std::string& pattern, const std::string& path) {
  if (path == pattern || path.starts_with(pattern + "/")) return true;
  const int flags = FNM_PERIOD | (pattern.find("**") == pattern.npos ? FNM_PATHNAME : 0);
  return ::fnmatch(pattern.c_str(), path.c_str(), flags) == 0;
}

Task<Result<SeenFiles>> files_of(Files& files, std::string pattern) {
  Place place = place_of(pattern);
  SeenFiles found;
  if (pattern.find_first_of("*?[") == pattern.npos) {  // one name: a file, or all in a folder
    const Result<FileEntry> entry = co_await files.entry(pattern);
    if (!entry) co_return found;
    if (entry->kind == FileKind::Folder) place = {pattern, true};
  }
  const Result<FileList> list = co_await files.list(place.folder, place.is_deep ? Depth::Everything : Depth::Here);
  if (!list) {
    if (list.error().code == Code::NotFound) co_return found;  // it may come
    co_return std::unexpected(list.error());
  }
  for (const FileEntry& entry : list->items)
    if (entry.kind == FileKind::File && fits_pattern(pattern, entry.path)) found[entry.path] = fmt::format("{} {}", entry.changed_ns, entry.size_bytes);
  if (list->truncated || found.size() > kFilesMost)
    co_return fail(Code::Exhausted, fmt::format("'{}' is more than {} files, which is more than are looked after", pattern, std::min(kFilesMost, list->items.size())), "watch a folder of its own");
  co_return found;
}

void FileWatch::start() { keeping_.spawn("watch files", keep()); }

void FileWatch::look() {
  any_ = true;
  changed_.notify_all();
}

Task<void> FileWatch::keep() {
  for (;;) {
    if (!any_) {
      co_await changed_.wait();
      continue;
    }
    auto question = [](Transaction& tx) -> Result<std::vector<WatchingAutomation>> { return automations_with_files(tx); };
    Result<std::vector<WatchingAutomation>> all = co_await store_.read(std::move(question));
    if (all) {
      any_ = !all->empty();
      std::erase_if(watched_, [&](const auto& one) { return std::ranges::find(*all, one.first, &WatchingAutomation::id) == all->end(); });
      for (WatchingAutomation& one : *all) co_await look_at(std::move(one));
    }
    if (any_) co_await clock_.sleep_for(kLookMs);
  }
}

std::vector<std::string> FileWatch::settled(const SeenFiles& seen, const SeenFiles& last, const SeenFiles& now) {
  std::vector<std::string> paths;
  for (const auto& [path, stamp] : now) {
    const auto was = seen.find(path), before = last.find(path);
    if ((was == seen.end() || was->second != stamp) && before != last.end() && before->second == stamp) paths.push_back(path);
  }
  return paths;
}

Task<void> FileWatch::look_at(WatchingAutomation one) {
  const auto files = workspaces_.of(one.person_id);
  if (!files) co_return;
  Result<SeenFiles> now = co_await files_of(files->get(), one.pattern);
  Watched& watched = watched_[one.id];
  if (!now) {
    const bool is_news = watched.problem != now.error().message;
    watched.problem = now.error().message;
    if (is_news) log_warn("automation", "files are not watched: " + watched.problem);
    co_return;
  }
  const SeenFiles last = std::exchange(watched.last, *now);
  // What was there before is nothing new.
  const SeenFiles seen = one.seen.empty() ? *now : seen_from_text(one.seen);
  const std::vector<std::string> paths = settled(seen, last, *now);
  if (paths.empty() && !one.seen.empty() && seen.size() == now->size()) co_return;
  // What stands still counts as seen from now on, and what is gone no more.
  SeenFiles kept;
  for (const auto& [path, stamp] : *now)
    if (std::ranges::binary_search(paths, path)) kept[path] = stamp;
    else if (const auto was = seen.find(path); was != seen.end()) kept[path] = was->second;
  if (paths.empty() && !one.seen.empty() && kept == seen) co_return;
  Trigger trigger{.cause = Cause::File, .detail = told_of(paths), .key = "file " + hash_hex(text_of(kept))};
  for (std::size_t i = 0; i < std::min(paths.size(), kPathsTold); ++i) trigger.input += paths[i] + "\n";
  if (paths.size() > kPathsTold) trigger.input += fmt::format("and {} more\n", paths.size() - kPathsTold);
  auto change = [=, kept = text_of(kept), id = JobId::make(dice_, clock_.now()), at = clock_.now()](Transaction& tx) -> Result<Fired> {
    const std::optional<Automation> automation = find_automation(tx, one.person_id, one.id);
    if (!automation) return Fired{};
    const bool starts = !paths.empty() && !automation->paused_at;
    if (starts && !live_jobs(tx, one.person_id, one.id).empty()) return Fired{};  // looked at again when that has ended
    if (!set_files_seen(tx, one, kept) || !starts) return Fired{};
    Trigger whole = trigger;
    whole.depth = depth_of(tx, one, at);
    return fire_once(tx, *automation, whole, id, at);
  };
  const Result<Fired> fired = co_await store_.write(std::move(change));
  if (!fired) co_return log_error("automation", "a file that has changed started nothing yet: " + fired.error().message);
  if (fired->single) worker_.hand_on(one.person_id, *fired, one.id);
}

}  // namespace zo
