-- The one way out: what a person allows beyond what is usual, and the log of what went out.

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
) /* clustered */;
CREATE INDEX egress_by_person ON egress (person_id, id);
CREATE INDEX egress_by_run ON egress (person_id, run_id, id);
