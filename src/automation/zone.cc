#include "automation/zone.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kIdBytes = 64;
constexpr std::size_t kShown = 60;
constexpr std::size_t kVersionBytes = 32;
constexpr std::int64_t kEver = std::int64_t{1} << 50;

// Where tzdata's transitions end and only a yearly rule goes on, the library lists no transitions. From here on they are looked for.
constexpr std::int64_t kListedUntil = 12'622'780'800;  // 2370-01-01
constexpr std::int64_t kProbe = kDaySeconds;

std::filesystem::path zone_folder() {
  const char* folder = std::getenv("TZDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

// What is in the folder beside zones: other spellings of the same, with leap seconds, and files that are none.
bool is_zone_name(std::string_view id) {
  if (id.empty() || id.size() > kIdBytes || !((id[0] >= 'A' && id[0] <= 'Z') || (id[0] >= 'a' && id[0] <= 'z'))) return false;
  if (id.starts_with("right/") || id.starts_with("posix/") || id == "localtime" || id == "posixrules" || id == "Factory") return false;
  return id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == id.npos;
}

std::vector<std::string> zone_names() {
  std::vector<std::string> names;
  std::ifstream file(zone_folder() / "tzdata.zi");
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string_view> words = split(line, ' ');
    if (words.size() > 1 && words[0] == "Z") names.emplace_back(words[1]);
    if (words.size() > 2 && words[0] == "L") names.emplace_back(words[2]);
  }
  return names;
}

// Whether it is the name, or its last part, in other letters: "berlin".
bool names_the_same(std::string_view name, std::string_view id) {
  if (name.size() > id.size() && name[name.size() - id.size() - 1] == '/') name.remove_prefix(name.size() - id.size());
  return equals_ignoring_case(name, id);
}

std::string advice_for(std::string_view id) {
  const std::vector<std::string> names = id.empty() ? std::vector<std::string>{} : zone_names();
  const auto same = std::ranges::find_if(names, [id](const std::string& name) { return names_the_same(name, id); });
  if (same != names.end()) return *same;
  const std::vector<std::string> near = near_words(id, names, 1);
  return near.empty() ? "a name like Europe/Berlin" : near.front();
}

absl::CivilSecond civil(WallTime time) { return absl::CivilSecond(1970, 1, 1, 0, 0, 0) + time.seconds; }

std::int64_t offset_at(const absl::TimeZone& zone, std::int64_t instant) { return zone.At(absl::FromUnixSeconds(instant)).offset; }

// The first instant at which the offset is that of `late`, where it is another at `early`.
std::int64_t change_between(const absl::TimeZone& zone, std::int64_t early, std::int64_t late) {
  const std::int64_t after = offset_at(zone, late);
  while (late - early > 1) {
    const std::int64_t middle = early + (late - early) / 2;
    (offset_at(zone, middle) == after ? late : early) = middle;
  }
  return late;
}

// Only as far as a day to either side.
ZoneSpan probed_span(const absl::TimeZone& zone, std::int64_t instant) {
  ZoneSpan span{instant - kProbe, instant + kProbe, offset_at(zone, instant), 0};
  span.offset_before = offset_at(zone, instant - kProbe);
  if (span.offset_before != span.offset) span.begin = change_between(zone, instant - kProbe, instant);
  if (offset_at(zone, instant + kProbe) != span.offset) span.end = change_between(zone, instant, instant + kProbe);
  return span;
}

}  // namespace

struct Zone::Data {
  std::string id;
  absl::TimeZone zone;
};

Zone::Zone() {
  static const std::shared_ptr<const Data> utc = std::make_shared<Data>("UTC", absl::UTCTimeZone());
  data_ = utc;
}

Result<Zone> Zone::open(std::string_view id) {
  if (id == "UTC") return Zone();
  const auto unknown = [id] { return fail(Code::Invalid, fmt::format("there is no time zone '{}'", one_line(id, kShown)), advice_for(id)); };
  // The library remembers each name that it is asked for, so it is asked only for those that have a file.
  std::error_code failure;
  if (!is_zone_name(id) || !std::filesystem::is_regular_file(zone_folder() / id, failure)) return unknown();
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(std::string(id), &zone)) return unknown();
  return Zone(std::make_shared<Data>(std::string(id), zone));
}

const std::string& Zone::id() const { return data_->id; }

WallTime Zone::wall(std::int64_t instant) const { return {instant + offset_at(data_->zone, instant)}; }

ZoneReading Zone::reading(WallTime time) const {
  const absl::TimeZone::TimeInfo info = data_->zone.At(civil(time));
  ZoneReading reading{.instant = absl::ToUnixSeconds(info.pre)};
  if (info.kind != absl::TimeZone::TimeInfo::SKIPPED) return reading;
  reading.in_gap = true;
  reading.gap_end = wall(absl::ToUnixSeconds(info.trans));
  return reading;
}

ZoneSpan Zone::span(std::int64_t instant) const {
  if (instant >= kListedUntil) return probed_span(data_->zone, instant);
  ZoneSpan span{-kEver, kEver, offset_at(data_->zone, instant), 0};
  span.offset_before = span.offset;
  absl::TimeZone::CivilTransition change;
  // The transition at an instant itself begins its span, so the one before the next second is asked for.
  if (data_->zone.PrevTransition(absl::FromUnixSeconds(instant + 1), &change)) {
    span.begin = absl::ToUnixSeconds(data_->zone.At(change.to).trans);
    span.offset_before = offset_at(data_->zone, span.begin - 1);
  }
  if (data_->zone.NextTransition(absl::FromUnixSeconds(instant), &change)) span.end = absl::ToUnixSeconds(data_->zone.At(change.to).trans);
  span.end = std::min(span.end, kListedUntil);
  return span;
}

std::string zone_version() {
  std::ifstream plain(zone_folder() / "+VERSION");
  std::string line;
  if (std::getline(plain, line)) return std::string(trim(line)).substr(0, kVersionBytes);
  std::ifstream compact(zone_folder() / "tzdata.zi");
  constexpr std::string_view kStart = "# version ";
  if (std::getline(compact, line) && line.starts_with(kStart)) return std::string(trim(line.substr(kStart.size()))).substr(0, kVersionBytes);
  return "";
}

}  // namespace zo
