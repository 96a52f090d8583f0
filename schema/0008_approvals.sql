-- Who is asked before a tool is used, and what is asked. A run that waits for an answer holds nothing but these rows.

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

CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  run_id TEXT NOT NULL REFERENCES runs (id),
  tool_call_id TEXT NOT NULL REFERENCES tool_calls (id),
  reason TEXT NOT NULL CHECK (reason = 'policy' OR reason = 'network'),
  destination TEXT NOT NULL,  -- whom the call tells something; empty: nobody
  bound TEXT NOT NULL,        -- what a lasting yes would be for; empty: there is none
  hash TEXT NOT NULL,         -- of the tool, its arguments and the destination
  state TEXT NOT NULL CHECK (state = 'asked' OR state = 'allowed' OR state = 'refused' OR state = 'expired' OR state = 'dropped'),
  note TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  answered_at BIGINT
) /* clustered */;
CREATE INDEX approvals_asked ON approvals (expires_at) WHERE state = 'asked';
CREATE INDEX approvals_by_call ON approvals (tool_call_id);
CREATE INDEX approvals_by_person ON approvals (person_id, id);

-- What a conversation's runs, and those that a token begins, reach of the network; and whether a token's runs wait for a person.
ALTER TABLE conversations ADD COLUMN egress TEXT NOT NULL DEFAULT 'off';
ALTER TABLE tokens ADD COLUMN egress TEXT NOT NULL DEFAULT 'off';
ALTER TABLE tokens ADD COLUMN asks TEXT NOT NULL DEFAULT 'wait' CHECK (asks = 'wait' OR asks = 'refuse');
