-- What starts an automation besides time, and where what came of it goes.

ALTER TABLE automations ADD COLUMN deliver TEXT NOT NULL DEFAULT '[]';     -- JSON: [["email", "me@example.org"], …]
ALTER TABLE automations ADD COLUMN hook_secret TEXT NOT NULL DEFAULT '';   -- of its link; empty: it has none
ALTER TABLE automations ADD COLUMN on_file TEXT NOT NULL DEFAULT '';       -- files of the workspace, as a pattern; empty: none
ALTER TABLE automations ADD COLUMN files_seen TEXT NOT NULL DEFAULT '';    -- JSON: {path: stamp}; empty: not looked at yet
ALTER TABLE automations ADD COLUMN on_automation_id TEXT;                  -- whose end starts it
ALTER TABLE automations ADD COLUMN on_outcome TEXT NOT NULL DEFAULT 'any'; -- any, succeeded, failed
ALTER TABLE automations ADD COLUMN token_id TEXT;                          -- of the run that made it, whose rules hold for its own; NULL: a person has
ALTER TABLE automations ADD COLUMN taint TEXT NOT NULL DEFAULT '';         -- what that run had seen
CREATE INDEX automations_behind ON automations (on_automation_id) WHERE on_automation_id IS NOT NULL;
CREATE INDEX automations_on_file ON automations (id) WHERE on_file <> '';

ALTER TABLE occurrences ADD COLUMN trigger_key TEXT;                       -- of what started it: the same starts nothing twice
ALTER TABLE occurrences ADD COLUMN input TEXT NOT NULL DEFAULT '';         -- what that brought
ALTER TABLE occurrences ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;       -- automations behind which it began
ALTER TABLE occurrences ADD COLUMN undelivered TEXT NOT NULL DEFAULT '';   -- where its result could not be told, and why
CREATE UNIQUE INDEX occurrences_trigger ON occurrences (automation_id, trigger_key) WHERE trigger_key IS NOT NULL;
CREATE INDEX occurrences_by_time ON occurrences (person_id, at);

-- The password of a mail server is a secret like others.
CREATE TABLE secrets_anew (
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
INSERT INTO secrets_anew SELECT id, person_id, name, purpose, bound, hint, sealed, key_version, created_at, last_used_at FROM secrets;
DROP TABLE secrets;
ALTER TABLE secrets_anew RENAME TO secrets;

-- What went out with a secret from a run, before it went and after it was answered: the same request, if nobody knows whether it came, has the same
-- key again.
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
) /* clustered */;
CREATE INDEX outward_requests_by_key ON outward_requests (idempotency_key);
CREATE INDEX outward_requests_by_time ON outward_requests (person_id, sent_at);

-- A call that may tell the outside something is not repeated without a person while nobody knows what became of an earlier one.
CREATE TABLE approvals_anew (
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
) /* clustered */;
INSERT INTO approvals_anew SELECT id, person_id, run_id, tool_call_id, reason, destination, bound, hash, state, note, created_at, expires_at, answered_at FROM approvals;
DROP TABLE approvals;
ALTER TABLE approvals_anew RENAME TO approvals;
CREATE INDEX approvals_asked ON approvals (expires_at) WHERE state = 'asked';
CREATE INDEX approvals_by_call ON approvals (tool_call_id);
CREATE INDEX approvals_by_person ON approvals (person_id, id);
