// What a person sees of the queue's jobs and changes of them: lists, why one waits, stop, try again, pause.
#pragma once

#include <string>
#include <vector>

#include "queue/queue.h"

namespace zo {

struct JobFilter {
  std::optional<JobState> state = {};
  std::string queue = {};
  JobId before = {};  // only older ones
  std::size_t most = 50;
};

struct JobLine {
  std::int64_t number = 0;
  TimeMs at = 0;
  std::string text;
};

// Why a job stands as it does, in words; and what a person can do about it, if anything.
struct Why {
  std::string text;
  std::string advice;
  JobState state = JobState::Ready;
};

// What is to be changed of a queue; the rest stays.
struct QueueChange {
  std::string name;
  std::optional<bool> paused = {};
  std::optional<std::optional<std::int64_t>> at_once = {};
  std::optional<std::optional<QueueSettings::Rate>> rate = {};
};

// A queue as it stands.
struct QueueState {
  QueueSettings settings;
  std::int64_t waiting = 0;  // blocked, scheduled or ready
  std::int64_t running = 0;
  bool is_served = false;    // somebody works on it here
};

class Jobs {
 public:
  Jobs(Clock& clock, Store& store, Queue& queue) : clock_(clock), store_(store), queue_(queue) {}

  // The newest first; at most limits::kPageItems.
  Task<Result<std::vector<Job>>> list(PersonId person, JobFilter wanted);
  Task<Result<Job>> find(PersonId person, JobId job);
  Task<Result<Why>> why(PersonId person, JobId job);
  // Lines of its log after `after`, at most limits::kPageItems.
  Task<Result<std::vector<JobLine>>> log(PersonId person, JobId job, std::int64_t after);
  // One that works is told to stop, and has stopped when its state says so. Conflict when it is over.
  Task<Result<Job>> cancel(PersonId person, JobId job);
  // What has ended badly, once more. Conflict.
  Task<Result<Job>> retry(PersonId person, JobId job);

  // All that have jobs, settings or a worker, and "*".
  Task<Result<std::vector<QueueState>>> queues(PersonId person);
  // Of the machine. Invalid.
  Task<Result<>> change(QueueChange change);

 private:
  Clock& clock_;
  Store& store_;
  Queue& queue_;
};

}  // namespace zo
