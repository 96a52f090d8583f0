-- Files that the owner's own tools run: what agents have made of them, and may change; and what a call has left.

CREATE TABLE agent_made (
  person_id TEXT NOT NULL REFERENCES people (id),
  path TEXT NOT NULL,
  inode BIGINT NOT NULL,
  born_ns BIGINT NOT NULL,
  PRIMARY KEY (person_id, path)
);

ALTER TABLE tool_calls ADD COLUMN left_files TEXT;
