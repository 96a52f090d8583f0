// The queue's transitions, each a few guarded statements of the caller's transaction, so that a job changes together with what it is
// about: a run and its job begin, wait and end in one commit. Whoever holds an attempt changes nothing once another began.
#pragma once

#include <set>

#include "queue/job.h"

namespace zo {

struct Added {
  JobId id;
  std::string queue;
  bool repeated = false;  // there is one with that unique key
  JobState state = JobState::Ready;
  TimeMs ready_at = 0;
};
// Invalid, NotFound (of a job that it needs), Conflict (that one has ended badly).
Result<Added> add_job(Transaction& tx, const NewJob& job, TimeMs now);

// In spite of its queue: Whatever, of one that only begins in order to end.
enum class ClaimHow { AsItsQueueLets, Whatever };
// Both at once, of a job that needs no other and has no delay: running from its first moment on. Nothing when its queue does not let it
// begin now: then it is ready. Errors as of add_job().
Result<std::optional<Held>> add_and_claim_job(Transaction& tx, const NewJob& job, const Claimant& claimant, ClaimHow how = ClaimHow::AsItsQueueLets);
// One that is ready; with Whatever also one that waits. Nothing when it is not, or its queue does not let it begin now.
std::optional<Held> claim_job(Transaction& tx, const PersonId& person, const JobId& job, const Claimant& claimant,
                              ClaimHow how = ClaimHow::AsItsQueueLets);
struct Claims {
  std::vector<Held> held;         // in their order
  bool is_limited = false;              // by what the owner has set of the queue
  std::optional<TimeMs> again_at = {};  // when the queue's rate lets the next begin
};
// Of all persons: what is ready and first, as many as the queue's settings let begin.
Claims claim_jobs(Transaction& tx, std::string_view queue, std::size_t most, const Claimant& claimant);

// Whether that attempt is the one that runs; the row is held until the transaction ends.
bool is_held(Transaction& tx, const Held& held);
// False: it is another's, or over.
struct Renewed {
  bool is_ours = false;
  bool is_to_stop = false;  // somebody has cancelled it
};
Renewed renew_job(Transaction& tx, const Held& held, const Claimant& claimant);

enum class Ended { Stale, Again, Over };
struct JobOutcome {
  Ended ended = Ended::Stale;
  TimeMs again_at = 0;        // of Again
  bool freed_others = false;  // jobs that waited for this one are ready, or over
};
// `chance`: of the dice, for the backoff's jitter. What was not to be tried again is over, and stands in the history.
JobOutcome end_job(Transaction& tx, const Held& held, const JobEnd& end, TimeMs now, std::uint64_t chance);
// running → blocked, for somebody who is not another job. False: stale.
bool block_job(Transaction& tx, const Held& held, std::string_view waits_for, TimeMs now);
// blocked → ready, when it waits for nobody but that somebody. False when it did not.
bool unblock_job(Transaction& tx, const PersonId& person, const JobId& job, TimeMs now);

// running → ready (or dead) where the lease has run out, or the claimant's own node had it in another process; but for what is held here, and
// lives: a machine that stalls between two statements takes nobody's work. At most 1,000.
struct Rescued {
  std::vector<Job> jobs;  // as they stood
  bool freed_others = false;
};
Rescued rescue_jobs(Transaction& tx, const Claimant& claimant, const std::set<JobId>& held_here);
bool has_lost_jobs(Transaction& tx, const Claimant& claimant);
// The wall clock was set by so much: leases and deadlines that this process gave move with it.
void shift_leases(Transaction& tx, const Claimant& claimant, std::int64_t by_ms);

// Not running: over, as cancelled. Running: its worker is told by its next sign of life. What it was; NotFound, Conflict (over).
struct Cancelled {
  Job was;
  bool freed_others = false;
};
Result<Cancelled> cancel_job(Transaction& tx, const PersonId& person, const JobId& job, TimeMs now);
// What has ended badly is to be tried anew, under its old id. NotFound, Conflict.
Result<Added> redrive_job(Transaction& tx, const PersonId& person, const JobId& job, TimeMs now);

// How it goes; empty: as before. False: stale.
bool note_job(Transaction& tx, const Held& held, std::optional<int> percent, std::string_view note, std::string_view checkpoint);
// The next line of its log. Conflict: stale. Exhausted.
Result<> log_job(Transaction& tx, const Held& held, std::string_view text, TimeMs now);

std::optional<Job> find_job(Transaction& tx, const PersonId& person, const JobId& job);
// The newest first, those that are over among them; `before`: with smaller ids.
std::vector<Job> list_jobs(Transaction& tx, const PersonId& person, std::optional<JobState> state, std::string_view queue, const JobId& before,
                           std::size_t most);
std::optional<QueueSettings> find_queue(Transaction& tx, std::string_view name);

}  // namespace zo
