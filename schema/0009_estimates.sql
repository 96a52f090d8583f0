-- Tokens that no provider has counted are estimated, and say so: 1.

ALTER TABLE messages ADD COLUMN tokens_estimated INTEGER;
