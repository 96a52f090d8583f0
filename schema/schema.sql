-- Made by the migrations; proven by store_test. Do not edit.

CREATE TABLE agent_made (
  person_id TEXT NOT NULL REFERENCES people (id),
  path TEXT NOT NULL,
  inode BIGINT NOT NULL,
  born_ns BIGINT NOT NULL,
  PRIMARY KEY (person_id, path)
);

CREATE TABLE answers (
  person_id TEXT NOT NULL REFERENCES people (id),
  client_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (person_id, client_key)
);

CREATE TABLE "approvals" (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  run_id TEXT NOT NULL REFERENCES runs (id),
  tool_call_id TEXT NOT NULL REFERENCES tool_calls (id),
  reason TEXT NOT NULL CHECK (reason IN ('policy', 'network', 'repeat')),
  destination TEXT NOT NULL,  -- whom the call tells something; empty: nobody
  bound TEXT NOT NULL,        -- what a lasting yes would be for; empty: there is none
  hash TEXT NOT NULL,         -- of the tool, its arguments and the destination
  state TEXT NOT NULL CHECK (state = 'asked' OR state = 'allowed' OR state = 'refused' OR state = 'expired' OR state = 'dropped'),
  note TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  answered_at BIGINT
) WITHOUT ROWID;

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
  updated_at BIGINT NOT NULL, deliver TEXT NOT NULL DEFAULT '[]', hook_secret TEXT NOT NULL DEFAULT '', on_file TEXT NOT NULL DEFAULT '', files_seen TEXT NOT NULL DEFAULT '', on_automation_id TEXT, on_outcome TEXT NOT NULL DEFAULT 'any', token_id TEXT, taint TEXT NOT NULL DEFAULT '',
  UNIQUE (person_id, name)
) WITHOUT ROWID;

CREATE TABLE conversations (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  title TEXT NOT NULL,
  model TEXT,
  parent_run_id TEXT,  -- of a sub-agent: not in the list of conversations
  client_key TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
, egress TEXT NOT NULL DEFAULT 'off') WITHOUT ROWID;

CREATE TABLE door_rules (
  person_id TEXT NOT NULL REFERENCES people (id),
  host TEXT NOT NULL,       -- canonical
  port INTEGER NOT NULL,    -- 0: every port
  private INTEGER NOT NULL CHECK (private IN (0, 1)),  -- 1: also where the name resolves to an address that is not public
  created_at BIGINT NOT NULL,
  PRIMARY KEY (person_id, host, port)
);

CREATE TABLE egress (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  run_id TEXT NOT NULL,     -- empty: outside of a run
  purpose TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  address TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict = 'passed' OR verdict = 'refused' OR verdict = 'unresolved'),
  reason TEXT NOT NULL,
  sent_bytes BIGINT,
  received_bytes BIGINT,
  failure TEXT NOT NULL,
  at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE events (
  run_id TEXT NOT NULL REFERENCES runs (id),
  number BIGINT NOT NULL,
  person_id TEXT NOT NULL REFERENCES people (id),
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run_id, number)
) WITHOUT ROWID;

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
) WITHOUT ROWID;

CREATE TABLE job_log (
  job_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  person_id TEXT NOT NULL REFERENCES people (id),
  at BIGINT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (job_id, number)
) WITHOUT ROWID;

CREATE TABLE job_needs (
  needs_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  person_id TEXT NOT NULL REFERENCES people (id),
  on_failure TEXT NOT NULL CHECK (on_failure IN ('cancel', 'continue', 'hold')),
  PRIMARY KEY (needs_id, job_id)
) WITHOUT ROWID;

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
) WITHOUT ROWID;

CREATE TABLE messages (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  run_id TEXT REFERENCES runs (id),
  position BIGINT,
  role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  origin TEXT NOT NULL CHECK (origin = 'person' OR origin = 'model' OR origin = 'tool' OR origin = 'file' OR origin = 'web'),
  state TEXT NOT NULL CHECK (state = 'queued' OR state = 'placed' OR state = 'superseded' OR state = 'removed'),
  step INTEGER,
  text TEXT NOT NULL,
  reasoning TEXT,
  opaque TEXT,
  finish TEXT,
  files TEXT,
  taint TEXT,
  input_tokens BIGINT,
  output_tokens BIGINT,
  client_key TEXT,
  created_at BIGINT NOT NULL, tokens_estimated INTEGER,
  UNIQUE (conversation_id, position)
);

CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL);

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
  finished_at BIGINT, trigger_key TEXT, input TEXT NOT NULL DEFAULT '', depth INTEGER NOT NULL DEFAULT 0, undelivered TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (automation_id, at)
) WITHOUT ROWID;

CREATE TABLE outputs (
  tool_call_id TEXT PRIMARY KEY REFERENCES tool_calls (id),
  person_id TEXT NOT NULL REFERENCES people (id),
  text TEXT NOT NULL
);

CREATE TABLE outward_requests (
  run_id TEXT NOT NULL,
  content TEXT NOT NULL,       -- hash of host, method, target and body
  number INTEGER NOT NULL,     -- of equal ones
  person_id TEXT NOT NULL REFERENCES people (id),
  idempotency_key TEXT NOT NULL,
  host TEXT NOT NULL,
  method TEXT NOT NULL,
  sent_at BIGINT NOT NULL,
  answered_at BIGINT,          -- NULL: whether it came is not known
  status INTEGER,
  PRIMARY KEY (run_id, content, number)
) WITHOUT ROWID;

CREATE TABLE people (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE policies (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  token_id TEXT NOT NULL,   -- the runs of that token alone; empty: all of the person's
  tool TEXT NOT NULL,
  bound TEXT NOT NULL,      -- only calls of that host, or program; empty: every call
  verdict TEXT NOT NULL CHECK (verdict = 'allow' OR verdict = 'ask' OR verdict = 'deny'),
  created_at BIGINT NOT NULL,
  UNIQUE (person_id, token_id, tool, bound)
);

CREATE TABLE queues (
  name TEXT PRIMARY KEY,
  paused_at BIGINT,
  at_once INTEGER,     -- jobs of it that may run
  rate_count INTEGER,  -- that may begin within rate_ms
  rate_ms BIGINT,
  rate_at BIGINT NOT NULL  -- until when what has begun fills the rate
);

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  parent_run_id TEXT REFERENCES runs (id),
  token_id TEXT REFERENCES tokens (id),
  depth INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state = 'running' OR state = 'waiting' OR state = 'done' OR state = 'failed' OR state = 'cancelled'
    OR state = 'limited'),
  model TEXT NOT NULL,
  tools TEXT NOT NULL,
  options TEXT NOT NULL,
  taint TEXT NOT NULL,
  step INTEGER NOT NULL,
  steps_max INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  error_code TEXT,
  error_message TEXT,
  error_advice TEXT,
  created_at BIGINT NOT NULL,
  finished_at BIGINT
) WITHOUT ROWID;

CREATE TABLE "secrets" (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  name TEXT NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ('provider', 'host', 'mail')),
  bound TEXT NOT NULL,  -- to what it is bound: of the place in which it opens
  hint TEXT NOT NULL,
  sealed TEXT NOT NULL,
  key_version INTEGER NOT NULL REFERENCES vault_keys (version),
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  UNIQUE (person_id, name)
);

CREATE TABLE settings (
  person_id TEXT NOT NULL REFERENCES people (id),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (person_id, name)
);

CREATE TABLE setup_links (
  secret_hash TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
, token_id TEXT REFERENCES tokens (id), scope TEXT NOT NULL DEFAULT 'read', tools TEXT NOT NULL DEFAULT 'none', models TEXT NOT NULL DEFAULT 'chosen');

CREATE TABLE tainted_files (
  person_id TEXT NOT NULL REFERENCES people (id),
  path TEXT NOT NULL,
  print TEXT NOT NULL,
  taint TEXT NOT NULL,
  run_id TEXT NOT NULL,
  PRIMARY KEY (person_id, path)
);

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  kind TEXT NOT NULL CHECK (kind IN ('token', 'page')),
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL UNIQUE,
  scope TEXT NOT NULL CHECK (scope IN ('all', 'chat', 'read')),
  tools TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  revoked_at BIGINT
, models TEXT NOT NULL DEFAULT 'chosen', stops_runs INTEGER NOT NULL DEFAULT 0, egress TEXT NOT NULL DEFAULT 'off', asks TEXT NOT NULL DEFAULT 'wait' CHECK (asks = 'wait' OR asks = 'refuse'));

CREATE TABLE tool_calls (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  run_id TEXT NOT NULL REFERENCES runs (id),
  message_id TEXT NOT NULL REFERENCES messages (id),
  step INTEGER NOT NULL,
  place INTEGER NOT NULL,
  call_id TEXT NOT NULL,
  name TEXT NOT NULL,
  arguments TEXT NOT NULL,
  summary TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state = 'asked' OR state = 'pending' OR state = 'running' OR state = 'ok' OR state = 'failed'
    OR state = 'cancelled' OR state = 'unknown' OR state = 'refused'),
  origin TEXT NOT NULL CHECK (origin = 'person' OR origin = 'model' OR origin = 'tool' OR origin = 'file' OR origin = 'web'),
  output TEXT NOT NULL,
  output_bytes BIGINT NOT NULL,
  exit_code INTEGER,
  diff TEXT,
  children TEXT,
  left_files TEXT,
  answer TEXT CHECK (answer IN ('yes', 'no')),  -- of the person, to one that was asked about
  started_at BIGINT,
  elapsed_ms BIGINT,
  UNIQUE (message_id, place)
);

CREATE TABLE usage_days (
  person_id TEXT NOT NULL REFERENCES people (id),
  day TEXT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  PRIMARY KEY (person_id, day)
);

CREATE TABLE vault_keys (
  version INTEGER PRIMARY KEY,
  sealed TEXT NOT NULL,
  salt TEXT NOT NULL,  -- of the passphrase; empty: a key file sealed it
  created_at BIGINT NOT NULL
);

CREATE INDEX approvals_asked ON approvals (expires_at) WHERE state = 'asked';

CREATE INDEX approvals_by_call ON approvals (tool_call_id);

CREATE INDEX approvals_by_person ON approvals (person_id, id);

CREATE INDEX automations_behind ON automations (on_automation_id) WHERE on_automation_id IS NOT NULL;

CREATE INDEX automations_due ON automations (due_at) WHERE due_at IS NOT NULL AND paused_at IS NULL;

CREATE INDEX automations_on_file ON automations (id) WHERE on_file <> '';

CREATE INDEX conversations_by_activity ON conversations (person_id, updated_at);

CREATE UNIQUE INDEX conversations_by_client_key ON conversations (person_id, client_key) WHERE client_key IS NOT NULL;

CREATE INDEX egress_by_person ON egress (person_id, id);

CREATE INDEX egress_by_run ON egress (person_id, run_id, id);

CREATE INDEX job_needs_by_job ON job_needs (job_id);

CREATE UNIQUE INDEX jobs_by_unique_key ON jobs (person_id, queue, unique_key) WHERE unique_key IS NOT NULL;

CREATE INDEX jobs_ready ON jobs (queue, order_key, id) WHERE state = 'ready';

CREATE INDEX jobs_scheduled ON jobs (ready_at) WHERE state = 'scheduled';

CREATE UNIQUE INDEX messages_by_client_key ON messages (person_id, client_key) WHERE client_key IS NOT NULL;

CREATE INDEX messages_queued ON messages (run_id) WHERE state = 'queued';

CREATE INDEX occurrences_begun ON occurrences (automation_id) WHERE state = 'begun';

CREATE INDEX occurrences_by_time ON occurrences (person_id, at);

CREATE UNIQUE INDEX occurrences_trigger ON occurrences (automation_id, trigger_key) WHERE trigger_key IS NOT NULL;

CREATE INDEX outward_requests_by_key ON outward_requests (idempotency_key);

CREATE INDEX outward_requests_by_time ON outward_requests (person_id, sent_at);

CREATE INDEX runs_by_conversation ON runs (conversation_id, created_at);

CREATE INDEX runs_by_parent ON runs (parent_run_id) WHERE parent_run_id IS NOT NULL;

CREATE UNIQUE INDEX runs_open ON runs (conversation_id) WHERE finished_at IS NULL;

CREATE INDEX tool_calls_by_run ON tool_calls (run_id);

