#include "queue/job.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace zo {
namespace {

constexpr std::array<std::string_view, 8> kStates{"blocked", "scheduled", "ready", "running", "succeeded", "failed", "dead", "cancelled"};
constexpr std::size_t kQueueNameBytes = 64;

}  // namespace

std::string_view job_state_name(JobState state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<JobState> job_state_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kStates.size(); ++i)
    if (kStates[i] == name) return static_cast<JobState>(i);
  return std::nullopt;
}

Result<> check_queue_name(std::string_view name) {
  const bool fits = !name.empty() && name.size() <= kQueueNameBytes && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == name.npos;
  if (fits) return {};
  return fail(Code::Invalid, fmt::format("'{}' is no name of a queue: 1 to {} of a-z 0-9 . _ -", name.substr(0, kQueueNameBytes), kQueueNameBytes));
}

// Each is "TIME WHAT DETAIL\n".
std::vector<JobMoment> moments_of(const Job& job) {
  std::vector<JobMoment> moments;
  for (std::string_view rest = job.story; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    JobMoment moment;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), moment.at);
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    if (error != std::errc{} || !line.starts_with(' ')) continue;
    line.remove_prefix(1);
    moment.what = line.substr(0, line.find(' '));
    if (line.size() > moment.what.size()) moment.detail = line.substr(moment.what.size() + 1);
    moments.push_back(std::move(moment));
  }
  return moments;
}

}  // namespace zo
