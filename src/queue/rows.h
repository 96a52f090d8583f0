// The rows of jobs as values, and the columns that are alike in both of their tables. For the ledger's files.
#pragma once

#include "queue/ledger.h"

namespace zo {

#define ZO_HELD_COLUMNS "id, person_id, attempt, queue, payload, checkpoint, freed_by, failures, losses, backoff_ms, run_ms_most, ready_at, cancel_at"
inline constexpr int kHeldColumns = 13;
Held read_held(const Rows& rows);

// What both tables have, in one order.
#define ZO_JOB_COLUMNS                                                                                                   \
  "id, person_id, queue, state, priority, ready_at, payload, unique_key, attempt, failures, failures_most, losses, node, " \
  "percent, note, checkpoint, result, error_code, error_message, story, created_at, started_at"
#define ZO_LIVE_COLUMNS ZO_JOB_COLUMNS ", waits_for, needs, lease_until_at, deadline_at, cancel_at, NULL"
#define ZO_PAST_COLUMNS ZO_JOB_COLUMNS ", '', 0, NULL, NULL, NULL, finished_at"
Job read_job(const Rows& rows);

// What was in the job's row moves into the history, if that row is still so; what waited for it is freed, or ends too.
struct Move {
  const PersonId& person;
  const JobId& job;
  JobState from = JobState::Running;
  std::int64_t attempt = 0;
};
struct Moved {
  bool moved = false;
  bool freed_others = false;
};
Moved move_to_history(Transaction& tx, const Move& move, const JobEnd& end, int failures_more, TimeMs now);

// Parts of statements that change a job: its story gets one more line, up to a bound; nobody has it any more; its place in the order.
#define ZO_TELL "story = CASE WHEN LENGTH(story) < 8192 THEN story || ? ELSE story END"
#define ZO_LET_GO "node = '', process = '', lease_until_at = NULL, deadline_at = NULL"
#define ZO_AGED " - priority * 600000"
static_assert(limits::kJobStoryBytes == 8'192 && limits::kJobAgingMs == 600'000);

// What a job to be added may be.
Result<> check_new(const NewJob& job);
// Its place in the order.
std::int64_t order_key(TimeMs ready_at, int priority);

// Of all persons.
std::int64_t running_of(Transaction& tx, std::string_view queue);

inline constexpr std::size_t kErrorChars = 500;  // of a reason, in one line

std::string story_line(TimeMs at, std::string_view what, std::string_view detail = "");

}  // namespace zo
