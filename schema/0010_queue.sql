-- Durable jobs. What is not over stands in `jobs`; its end moves it into `job_history`, so that a claim costs what is left to do.

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  queue TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state = 'blocked' OR state = 'scheduled' OR state = 'ready' OR state = 'running'),
  priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
  ready_at BIGINT NOT NULL,     -- not before
  order_key BIGINT NOT NULL,    -- ready_at less ten minutes a level of priority: the smallest first
  payload TEXT NOT NULL,
  unique_key TEXT,
  waits_for TEXT NOT NULL,      -- of a blocked one: whom or what, in words; empty: for other jobs
  needs INTEGER NOT NULL,       -- jobs that must end first
  is_needed INTEGER NOT NULL DEFAULT 0,  -- 1: others may wait for it
  attempt BIGINT NOT NULL,      -- claims so far: the token of whoever holds it
  freed_by TEXT NOT NULL CHECK (freed_by IN ('', 'answer', 'loss', 'failure', 'redrive')),  -- the last attempt's end
  failures INTEGER NOT NULL,
  failures_most INTEGER NOT NULL,
  losses INTEGER NOT NULL,      -- attempts whose worker was lost
  losses_most INTEGER NOT NULL,  -- 0: its worker counts them
  backoff_ms BIGINT NOT NULL,
  run_ms_most BIGINT NOT NULL,  -- of one attempt; 0: as long as it takes
  node TEXT NOT NULL,           -- where it runs; empty: nowhere
  process TEXT NOT NULL,        -- who gave the lease
  lease_until_at BIGINT,
  deadline_at BIGINT,
  cancel_at BIGINT,             -- when it was told to stop
  percent INTEGER,
  note TEXT NOT NULL,           -- how it goes, in words
  checkpoint TEXT NOT NULL,     -- for the next attempt
  result TEXT NOT NULL,
  error_code TEXT,
  error_message TEXT,
  story TEXT NOT NULL,          -- what became of it so far, one line a change
  created_at BIGINT NOT NULL,
  started_at BIGINT
) /* clustered */;
-- Those that run have none: they are few, they are looked for seldom, and each index is a page more that every job writes twice.
CREATE INDEX jobs_ready ON jobs (queue, order_key, id) WHERE state = 'ready';
CREATE INDEX jobs_scheduled ON jobs (ready_at) WHERE state = 'scheduled';
CREATE UNIQUE INDEX jobs_by_unique_key ON jobs (person_id, queue, unique_key) WHERE unique_key IS NOT NULL;

CREATE TABLE job_history (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  queue TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state = 'succeeded' OR state = 'failed' OR state = 'dead' OR state = 'cancelled'),
  priority INTEGER NOT NULL,
  ready_at BIGINT NOT NULL,
  payload TEXT NOT NULL,
  unique_key TEXT,
  attempt BIGINT NOT NULL,
  failures INTEGER NOT NULL,
  failures_most INTEGER NOT NULL,
  losses INTEGER NOT NULL,
  losses_most INTEGER NOT NULL,  -- 0: its worker counts them
  backoff_ms BIGINT NOT NULL,
  run_ms_most BIGINT NOT NULL,
  node TEXT NOT NULL,
  percent INTEGER,
  note TEXT NOT NULL,
  checkpoint TEXT NOT NULL,
  result TEXT NOT NULL,
  error_code TEXT,
  error_message TEXT,
  story TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT NOT NULL
) /* clustered */;

-- Which jobs wait for the end of another, and what becomes of them when it ends badly.
CREATE TABLE job_needs (
  needs_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  person_id TEXT NOT NULL REFERENCES people (id),
  on_failure TEXT NOT NULL CHECK (on_failure IN ('cancel', 'continue', 'hold')),
  PRIMARY KEY (needs_id, job_id)
) /* clustered */;
CREATE INDEX job_needs_by_job ON job_needs (job_id);

-- What a job's worker has said while it worked.
CREATE TABLE job_log (
  job_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  person_id TEXT NOT NULL REFERENCES people (id),
  at BIGINT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (job_id, number)
) /* clustered */;

-- What the owner has set of a queue; '*': of all.
CREATE TABLE queues (
  name TEXT PRIMARY KEY,
  paused_at BIGINT,
  at_once INTEGER,     -- jobs of it that may run
  rate_count INTEGER,  -- that may begin within rate_ms
  rate_ms BIGINT,
  rate_at BIGINT NOT NULL  -- until when what has begun fills the rate
);

-- Each run that has not ended is a job of the same id, whose attempts are counted from 1.
INSERT INTO jobs (id, person_id, queue, state, priority, ready_at, order_key, payload, waits_for, needs, attempt, freed_by, failures,
  failures_most, losses, losses_most, backoff_ms, run_ms_most, node, process, note, checkpoint, result, story, created_at, started_at)
SELECT id, person_id, 'runs', CASE WHEN state = 'waiting' THEN 'blocked' ELSE 'ready' END, 5, created_at, created_at - 3000000, '',
  CASE WHEN state = 'waiting' THEN 'a person' ELSE '' END, 0, attempt + 1, 'loss', 0, 1, 0, 0, 0, 0, '', '', '', '', '', '', created_at,
  created_at
FROM runs WHERE finished_at IS NULL;
ALTER TABLE runs DROP COLUMN owner;
ALTER TABLE runs DROP COLUMN lease_until_at;
