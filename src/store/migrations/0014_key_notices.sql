-- How many days before its end the owner of a key was last told of it.

ALTER TABLE api_key ADD COLUMN told_days BIGINT;
CREATE INDEX api_key_expiry ON api_key (expires_at);
