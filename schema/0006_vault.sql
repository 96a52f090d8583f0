-- Secrets, sealed with a data key that a master key outside the database has sealed.

CREATE TABLE vault_keys (
  version INTEGER PRIMARY KEY,
  sealed TEXT NOT NULL,
  salt TEXT NOT NULL,  -- of the passphrase; empty: a key file sealed it
  created_at BIGINT NOT NULL
);

CREATE TABLE secrets (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  name TEXT NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose = 'provider' OR purpose = 'host'),
  bound TEXT NOT NULL,  -- to what it is bound: of the place in which it opens
  hint TEXT NOT NULL,
  sealed TEXT NOT NULL,
  key_version INTEGER NOT NULL REFERENCES vault_keys (version),
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  UNIQUE (person_id, name)
);
