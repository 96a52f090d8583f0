-- What starts agents without being asked: when, what, and what came of each time.

CREATE TABLE automations (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  name TEXT NOT NULL,
  typed TEXT NOT NULL,         -- the rule as it was written
  rule TEXT NOT NULL,          -- the same, canonical; empty: no time starts it
  starts_at TEXT NOT NULL,     -- on the wall of its zone
  zone TEXT NOT NULL,
  zone_version TEXT NOT NULL,  -- of the tzdata that next_at was found with
  gap TEXT NOT NULL CHECK (gap = 'shift' OR gap = 'skip'),
  prompt TEXT NOT NULL,
  model TEXT NOT NULL,         -- empty: the one that answers
  tools TEXT NOT NULL,
  egress TEXT NOT NULL,
  conversation_id TEXT,        -- NULL: a new one each time
  catch_up TEXT NOT NULL CHECK (catch_up IN ('latest', 'skip', 'all')),
  catch_up_ms BIGINT NOT NULL, -- 0: what is usual
  overlap TEXT NOT NULL CHECK (overlap IN ('skip', 'buffer_one', 'allow', 'cancel_previous')),
  jitter_ms BIGINT NOT NULL,
  run_ms_most BIGINT NOT NULL, -- 0: as of every run
  tokens_a_day BIGINT NOT NULL, -- 0: no bound of its own
  rev BIGINT NOT NULL,         -- rises with every change of when
  next_at BIGINT,              -- the next instant that its rule says; NULL: none
  due_at BIGINT,               -- the same, with its jitter
  last_wall TEXT NOT NULL,     -- the latest that was due, on the wall: it is not due again when tzdata changes
  failures INTEGER NOT NULL,   -- one after the other, until now
  held_until_at BIGINT,        -- after failures nothing begins before
  paused_at BIGINT,
  paused_reason TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (person_id, name)
) /* clustered */;
CREATE INDEX automations_due ON automations (due_at) WHERE due_at IS NOT NULL AND paused_at IS NULL;

-- One row for each time: begun, missed or left out. The key is the fence against beginning twice.
CREATE TABLE occurrences (
  automation_id TEXT NOT NULL REFERENCES automations (id),
  at BIGINT NOT NULL,          -- when it was to begin
  person_id TEXT NOT NULL REFERENCES people (id),
  cause TEXT NOT NULL CHECK (cause IN ('time', 'person', 'hook', 'file', 'automation')),
  cause_detail TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('begun', 'succeeded', 'failed', 'cancelled', 'missed', 'skipped')),
  reason TEXT NOT NULL,
  late_ms BIGINT NOT NULL,     -- behind `at`, when it was noticed
  job_id TEXT,
  run_id TEXT,
  conversation_id TEXT,
  tokens BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  finished_at BIGINT,
  PRIMARY KEY (automation_id, at)
) /* clustered */;
CREATE INDEX occurrences_begun ON occurrences (automation_id) WHERE state = 'begun';
