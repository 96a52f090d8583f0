// The one engine under agents, automations and the pool: durable jobs, each held by at most one worker at a time. Who has work to do adds
// a job (queue/ledger.h, in the transaction that makes the work); a Worker of this process is handed what is ready, at once. Signs of life,
// the rescue of what the dead held, and what is due are looked after here, always.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "async/clock.h"
#include "async/condition.h"
#include "async/scope.h"
#include "base/dice.h"
#include "feed/notice.h"
#include "queue/ledger.h"
#include "store/store.h"

namespace zo {

// Who works on the jobs of one queue in this process.
class Worker {
 public:
  enum class Stop {
    Cancelled,  // by a person
    TimeUp,     // its deadline has passed
    Lost,       // another may have it: nothing more of it can be written down
  };

  virtual ~Worker() = default;
  virtual std::string_view queue() const = 0;
  // Jobs that it works on at the same time.
  virtual std::size_t at_once() const = 0;
  // In the transaction of the claim, on the store's thread: what is to be true before it begins. With an error the job ends as failed.
  virtual Result<> on_claim(Transaction&, const Held&) const { return {}; }
  // Begins the work and returns; its end is written by whoever does it, who then calls left(). With an error nobody holds it any more, and
  // after its lease another attempt begins.
  virtual Task<Result<>> begin(Held held) = 0;
  // It is to end soon. May come more than once, and for what has ended already.
  virtual void stop(const JobId& job, Stop why) = 0;
  // A person ends what is not over. True: it has ended, or will; false: it is the queue's to end.
  virtual Task<Result<bool>> cancel(PersonId, JobId) { co_return false; }
  // A person wants anew what has ended badly: the job that does it instead. None: the same is to be tried again.
  virtual Task<Result<std::optional<JobId>>> retry(PersonId, JobId) { co_return std::nullopt; }
};

class Queue {
 public:
  // `node` names the home whose lock this process holds: what another process of it held, it holds no more. All outlive it.
  Queue(Executor executor, Clock& clock, Dice& dice, Store& store, Notices& notices, std::string node);
  ~Queue();

  // Before start(); the worker outlives stop().
  void serve(Worker& worker);
  // Frees what this node's dead processes held and hands it out anew; then looks after all jobs until stop().
  Task<Result<>> start();
  // Hands out nothing more. What is held stays held, until its lease is over or this node starts again.
  Task<void> stop();

  // --- for who writes to the ledger himself ---
  Claimant claimant() const;
  // A job that stands ready, or will, in a committed transaction: its worker gets it at once.
  void note_added(const Added& added);
  void note_freed(std::string_view queue);
  void note_freed_others() { note_freed(kAllQueues); }
  // Claimed by a transaction of its worker: given signs of life from here on.
  void hold(const Held& held);
  // Nobody works on it any more: it has ended, waits, or is another's.
  void left(const Held& held);

  // --- for producers and for workers elsewhere ---
  Task<Result<Added>> add(NewJob job);
  Task<Result<Claims>> claim(std::string queue, std::size_t most);
  // Conflict when it is stale.
  Task<Result<JobOutcome>> end(Held held, JobEnd end);

  std::string_view node() const { return node_; }
  bool is_served(std::string_view queue) const;
  // Whether the owner has set something of it, or of all; what another process sets is known here after a look.
  bool is_bounded(std::string_view queue) const { return bounded_.contains(queue) || bounded_.contains(kAllQueues); }
  void note_bounded(std::string_view queue) { bounded_.emplace(queue); }
  Worker* worker_of(std::string_view queue) const;
  std::vector<std::string> served() const;
  // Whoever shows jobs to that person looks at this one again.
  void tell(const PersonId& person, const JobId& job);
  std::size_t holding() const { return holding_.size(); }

 private:
  struct Holding {
    Held held;
    Worker* worker = nullptr;
    std::int64_t renewed_at = 0;                 // steady
    std::optional<std::int64_t> deadline_at = {};  // steady
  };
  struct Looked;

  Task<void> keep();
  Task<void> hand_out();
  // False when nothing more is to be had now.
  Task<bool> hand_out(Worker& worker);
  Task<void> look();
  // False when the store could not be reached.
  Task<bool> renew(const Claimant& claimant);
  void stop_late_ones(bool reached);
  Task<void> rescue(const Claimant& claimant);
  Task<void> follow_wall_clock();
  Task<void> forget_old_ones();
  std::size_t places(const Worker& worker) const;
  void wake_at(TimeMs at);
  void drop(std::map<JobId, Holding>::iterator holding);

  Clock& clock_;
  Dice& dice_;
  Store& store_;
  Notices& notices_;
  std::string node_;
  std::string process_;
  std::vector<Worker*> workers_;
  std::map<const Worker*, std::size_t> places_taken_;
  std::map<JobId, Holding> holding_;
  std::set<std::string, std::less<>> wanted_;  // queues that may have something to hand out
  std::set<std::string, std::less<>> bounded_;  // of which something is set
  std::set<std::string, std::less<>> limited_; // of which the owner's bounds let no more begin
  std::optional<TimeMs> next_at_;              // when the next that is known of is due
  std::int64_t looked_at_ = 0;                 // steady
  std::int64_t forgot_at_ = 0;                 // steady
  std::int64_t wall_ahead_ms_ = 0;             // the wall clock against the steady one
  std::size_t waiting_ = 0;                    // not over, at the last look, and added since
  bool stopping_ = false;
  Condition changed_;
  Scope keeping_;
};

}  // namespace zo
