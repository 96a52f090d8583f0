-- Which models a token may name, beside the owner's choice; the session of a browser may name all. A setup link gives no more than
-- whoever made it had, and nothing once that token is revoked. A run knows the token that asked for it, so that a revocation can
-- end it: stops_runs says that it is to, also after a restart.

ALTER TABLE tokens ADD COLUMN models TEXT NOT NULL DEFAULT 'chosen';
ALTER TABLE tokens ADD COLUMN stops_runs INTEGER NOT NULL DEFAULT 0;
UPDATE tokens SET models = 'all' WHERE kind = 'page';

ALTER TABLE setup_links ADD COLUMN token_id TEXT REFERENCES tokens (id);
ALTER TABLE setup_links ADD COLUMN scope TEXT NOT NULL DEFAULT 'read';
ALTER TABLE setup_links ADD COLUMN tools TEXT NOT NULL DEFAULT 'none';
ALTER TABLE setup_links ADD COLUMN models TEXT NOT NULL DEFAULT 'chosen';
UPDATE setup_links SET scope = 'all', tools = 'all', models = 'all';

ALTER TABLE runs ADD COLUMN token_id TEXT REFERENCES tokens (id);
