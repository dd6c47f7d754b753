-- Letters on their way, and the language in which a person reads them. `expires_at` is when sending makes no
-- sense any more, `asked_from` where the wish for the letter came from, if somebody else could cause it.

ALTER TABLE account ADD COLUMN language TEXT;
ALTER TABLE outbox ADD COLUMN account TEXT;
ALTER TABLE outbox ADD COLUMN expires_at BIGINT;
ALTER TABLE outbox ADD COLUMN last_error TEXT;
ALTER TABLE outbox ADD COLUMN asked_from TEXT;
CREATE INDEX outbox_recipient ON outbox (recipient, created_at);
CREATE INDEX outbox_asked ON outbox (asked_from, created_at);
CREATE INDEX outbox_sent ON outbox (sent_at);
