-- A run may wait for a person, and one of its calls be asked about or refused. What a run has seen (taint) is kept with it and with what
-- it said, and a message of the model knows the tokens of its step. Whether a run has not ended is whether finished_at is empty. The
-- tables are made anew as in 0002.

CREATE TABLE old_runs AS SELECT * FROM runs;
CREATE TABLE old_messages AS SELECT * FROM messages;
CREATE TABLE old_tool_calls AS SELECT * FROM tool_calls;
CREATE TABLE old_outputs AS SELECT * FROM outputs;
CREATE TABLE old_events AS SELECT * FROM events;

DROP TABLE events;
DROP TABLE outputs;
DROP TABLE tool_calls;
DROP TABLE messages;
DROP TABLE runs;

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
  owner TEXT NOT NULL,
  lease_until_at BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  error_code TEXT,
  error_message TEXT,
  error_advice TEXT,
  created_at BIGINT NOT NULL,
  finished_at BIGINT
) /* clustered */;
-- One run works, or waits, in a conversation at a time; a further message is queued into it.
CREATE UNIQUE INDEX runs_open ON runs (conversation_id) WHERE finished_at IS NULL;
CREATE INDEX runs_by_conversation ON runs (conversation_id, created_at);
CREATE INDEX runs_by_parent ON runs (parent_run_id) WHERE parent_run_id IS NOT NULL;

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
  created_at BIGINT NOT NULL,
  UNIQUE (conversation_id, position)
);
CREATE INDEX messages_queued ON messages (run_id) WHERE state = 'queued';
CREATE UNIQUE INDEX messages_by_client_key ON messages (person_id, client_key) WHERE client_key IS NOT NULL;

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
CREATE INDEX tool_calls_by_run ON tool_calls (run_id);

CREATE TABLE outputs (
  tool_call_id TEXT PRIMARY KEY REFERENCES tool_calls (id),
  person_id TEXT NOT NULL REFERENCES people (id),
  text TEXT NOT NULL
);

CREATE TABLE events (
  run_id TEXT NOT NULL REFERENCES runs (id),
  number BIGINT NOT NULL,
  person_id TEXT NOT NULL REFERENCES people (id),
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run_id, number)
) /* clustered */;

-- Files written by runs that had seen something, by path and by what is in them; an empty print marks a folder with all that is in it.
CREATE TABLE tainted_files (
  person_id TEXT NOT NULL REFERENCES people (id),
  path TEXT NOT NULL,
  print TEXT NOT NULL,
  taint TEXT NOT NULL,
  run_id TEXT NOT NULL,
  PRIMARY KEY (person_id, path)
);

INSERT INTO runs (id, person_id, conversation_id, parent_run_id, token_id, depth, state, model, tools, options, taint, step, steps_max,
  attempt, owner, lease_until_at, input_tokens, output_tokens, error_code, error_message, error_advice, created_at, finished_at)
  SELECT id, person_id, conversation_id, parent_run_id, token_id, depth, state, model, tools, options, '', step, steps_max, attempt,
    owner, lease_until_at, input_tokens, output_tokens, error_code, error_message, error_advice, created_at,
    CASE WHEN state = 'running' THEN NULL ELSE COALESCE(finished_at, created_at) END FROM old_runs;
INSERT INTO messages (id, person_id, conversation_id, run_id, position, role, origin, state, step, text, reasoning, opaque,
  finish, files, client_key, created_at)
  SELECT id, person_id, conversation_id, run_id, position, role, origin, state, step, text, reasoning, opaque, finish, files,
    client_key, created_at FROM old_messages;
INSERT INTO tool_calls (id, person_id, run_id, message_id, step, place, call_id, name, arguments, summary, state, origin,
  output, output_bytes, exit_code, diff, children, left_files, started_at, elapsed_ms)
  SELECT id, person_id, run_id, message_id, step, place, call_id, name, arguments, summary, state, origin, output, output_bytes,
    exit_code, diff, children, left_files, started_at, elapsed_ms FROM old_tool_calls;
INSERT INTO outputs (tool_call_id, person_id, text)
  SELECT tool_call_id, person_id, text FROM old_outputs;
INSERT INTO events (run_id, number, person_id, kind, body)
  SELECT run_id, number, person_id, kind, body FROM old_events;

DROP TABLE old_runs;
DROP TABLE old_messages;
DROP TABLE old_tool_calls;
DROP TABLE old_outputs;
DROP TABLE old_events;
