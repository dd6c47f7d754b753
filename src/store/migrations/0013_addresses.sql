-- Addresses that are taken back. An account that the reader of its address deleted can be recovered until
-- `recover_until`, and is then what it was: `recover_to`.

ALTER TABLE account ADD COLUMN recover_until BIGINT;
ALTER TABLE account ADD COLUMN recover_to TEXT;
CREATE INDEX account_recover ON account (recover_until);

-- A change of address. The new one is pending until it is proved, no longer than `expires_at`; nobody else gets
-- the old one before `reserved_until`, and its reader can take the change back until then. `factors` and `keys` are
-- the ids of what the account had when the change was asked for, one a line.
CREATE TABLE address_change (
    id             TEXT PRIMARY KEY,
    account        TEXT NOT NULL REFERENCES account (id),
    old_email      TEXT,
    old_canonical  TEXT,
    new_email      TEXT NOT NULL,
    new_canonical  TEXT NOT NULL,
    was_validated  BOOLEAN NOT NULL,
    factors        TEXT NOT NULL,
    keys           TEXT NOT NULL,
    requested_at   BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    reserved_until BIGINT NOT NULL,
    proved_at      BIGINT,
    cancelled_at   BIGINT,
    undone_at      BIGINT
);
CREATE INDEX address_change_account ON address_change (account, requested_at);
CREATE INDEX address_change_old ON address_change (old_canonical);
CREATE INDEX address_change_reserved ON address_change (reserved_until);
