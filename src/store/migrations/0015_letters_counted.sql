-- The form in which addresses are compared, so that letters are counted for a mailbox however it is spelled.

ALTER TABLE outbox ADD COLUMN recipient_canonical TEXT;
CREATE INDEX outbox_recipient_canonical ON outbox (recipient_canonical, created_at);
