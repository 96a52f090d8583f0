// A job: work that is to be done, by whoever holds its lease, until it has ended once. Whoever dies over it loses the lease, and another
// attempt begins; the number of the attempt is the token without which nothing of the job can be changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "store/transaction.h"

namespace zo {

using JobId = Id<struct JobKind>;

namespace limits {
inline constexpr std::int64_t kJobLeaseMs = 30'000;      // without a sign of life, then another attempt may begin
inline constexpr std::int64_t kJobRenewMs = 10'000;      // between two signs of life
inline constexpr std::int64_t kJobFenceMs = 5'000;       // whoever could not renew stops so long before its lease ends
inline constexpr std::int64_t kJobAgingMs = 600'000;     // of waiting are worth one level of priority
inline constexpr int kJobPriorities = 10;                // 0 to 9; the highest goes first
inline constexpr int kJobFailures = 3;                   // attempts that may fail, unless the job says otherwise
inline constexpr int kJobLosses = 3;                     // attempts whose worker is lost, likewise
inline constexpr int kJobTriesMost = 1'000;              // of either
inline constexpr std::int64_t kJobBackoffMs = 1'000;     // after the first failure; doubled by each further one
inline constexpr std::int64_t kJobBackoffMsMost = 3'600'000;
inline constexpr std::size_t kJobPayloadBytes = 65'536;  // likewise a checkpoint, and a result
inline constexpr std::size_t kJobNoteBytes = 1'024;
inline constexpr std::size_t kJobStoryBytes = 8'192;     // what comes after is left out, but for the end
inline constexpr std::size_t kJobNeeds = 100;            // jobs that one waits for
inline constexpr std::int64_t kJobLogLines = 10'000;     // of one job; further ones are refused
inline constexpr std::size_t kJobsOpen = 100'000;     // not over; further ones are refused
inline constexpr std::size_t kJobsInAClaim = 64;
inline constexpr std::int64_t kJobHistoryMs = 30LL * 24 * 60 * 60 * 1'000;
inline constexpr std::int64_t kJobHistoryRows = 100'000;  // the newest
}  // namespace limits

// blocked: waits for other jobs, or for somebody. scheduled: for its time. failed: ended badly, and is not tried again; dead: was tried
// as often as it may.
enum class JobState { Blocked, Scheduled, Ready, Running, Succeeded, Failed, Dead, Cancelled };
std::string_view job_state_name(JobState state);
std::optional<JobState> job_state_from_name(std::string_view name);
inline bool is_over(JobState state) { return state >= JobState::Succeeded; }

// How the last attempt ended that was not the last.
enum class FreedBy { Nothing, Answer, Loss, Failure, Redrive };

// Another job that must end first; when it ends badly this one is cancelled too, begins all the same, or waits until that one was
// tried again.
struct Need {
  enum class OnFailure { Cancel, Continue, Hold };
  JobId job;
  OnFailure on_failure = OnFailure::Cancel;
};

struct NewJob {
  JobId id;
  PersonId person_id;
  std::string queue;         // 1 to 64 of a-z 0-9 . _ -
  std::string payload = {};  // for its worker
  int priority = 5;
  std::int64_t delay_ms = 0;
  std::string unique_key = {};  // while such a job of that queue is not over, there is no second
  int failures_most = limits::kJobFailures;
  int losses_most = limits::kJobLosses;  // 0: its worker counts them
  std::int64_t backoff_ms = limits::kJobBackoffMs;
  std::int64_t run_ms_most = 0;  // of one attempt; 0: as long as it takes
  std::vector<Need> needs = {};
};

struct Job {
  JobId id;
  PersonId person_id;
  std::string queue;
  JobState state = JobState::Ready;
  int priority = 5;
  TimeMs ready_at = 0;
  std::string payload;
  std::string unique_key;
  std::string waits_for;
  int needs = 0;
  std::int64_t attempt = 0;
  int failures = 0;
  int failures_most = 0;
  int losses = 0;
  std::string node;
  std::optional<TimeMs> lease_until_at;
  std::optional<TimeMs> deadline_at;
  std::optional<TimeMs> cancel_at;
  std::optional<int> percent;
  std::string note;
  std::string checkpoint;
  std::string result;
  std::optional<Error> error;
  std::string story;
  TimeMs created_at = 0;
  std::optional<TimeMs> started_at;
  std::optional<TimeMs> finished_at;
};

// Who claims, and when.
struct Claimant {
  std::string node;     // where the work is done
  std::string process;  // that gives the lease
  TimeMs now = 0;

  TimeMs until_at() const { return now + limits::kJobLeaseMs; }
};

// An attempt that somebody holds.
struct Held {
  JobId job;
  PersonId person_id;
  std::int64_t attempt = 0;
  std::string queue = {};
  std::string payload = {};
  std::string checkpoint = {};
  FreedBy freed_by = FreedBy::Nothing;
  int failures = 0;
  int losses = 0;
  std::int64_t backoff_ms = 0;
  std::int64_t run_ms_most = 0;
  TimeMs ready_at = 0;
  bool is_to_stop = false;  // somebody has cancelled it, in an earlier attempt
};

// How an attempt ends.
struct JobEnd {
  JobState state = JobState::Succeeded;  // Failed: tried again if it may be, unless it `is_final`; Cancelled
  std::string result = {};
  std::optional<Error> error = {};
  bool is_final = false;
};

// One line of a job's story.
struct JobMoment {
  TimeMs at = 0;
  std::string what;  // claimed, lost, failed, waits, answered, freed, redriven, cancelled …
  std::string detail;
};
std::vector<JobMoment> moments_of(const Job& job);

// What the owner has set of a queue.
struct QueueSettings {
  std::string name;  // "*": of all
  std::optional<TimeMs> paused_at = {};
  std::optional<std::int64_t> at_once = {};
  struct Rate {
    std::int64_t count = 0;
    std::int64_t within_ms = 0;
    bool operator==(const Rate&) const = default;
  };
  std::optional<Rate> rate = {};
};
inline constexpr std::string_view kAllQueues = "*";

// Invalid unless it is 1 to 64 of a-z 0-9 . _ -
Result<> check_queue_name(std::string_view name);

}  // namespace zo
