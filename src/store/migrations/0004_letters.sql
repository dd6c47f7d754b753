-- Promises by mail: invitations, one-time links, and what waits to be sent.

CREATE TABLE invitation (
    id              TEXT PRIMARY KEY,
    organisation    TEXT NOT NULL REFERENCES organisation (id),
    email           TEXT NOT NULL,
    email_canonical TEXT NOT NULL,
    digest          BYTEA NOT NULL,
    invited_by      TEXT REFERENCES account (id),
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    accepted_at     BIGINT,
    accepted_by     TEXT REFERENCES account (id),
    cancelled_at    BIGINT
);
CREATE UNIQUE INDEX invitation_digest ON invitation (digest);
CREATE INDEX invitation_organisation ON invitation (organisation, email_canonical);

CREATE TABLE invitation_grant (
    id           TEXT PRIMARY KEY,
    invitation   TEXT NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
    organisation TEXT NOT NULL,
    space        TEXT,
    role         TEXT NOT NULL,
    platform     TEXT,
    starts_at    BIGINT,
    ends_at      BIGINT,
    FOREIGN KEY (organisation, space) REFERENCES space (organisation, id)
);
CREATE INDEX invitation_grant_invitation ON invitation_grant (invitation);
CREATE INDEX invitation_grant_space ON invitation_grant (space);

-- `target` is the address that the link was made for; `generation` the account's when it was made.
-- The link of first set-up belongs to no account.
CREATE TABLE email_link (
    id         TEXT PRIMARY KEY,
    account    TEXT REFERENCES account (id),
    purpose    TEXT NOT NULL,
    generation BIGINT NOT NULL,
    target     TEXT,
    digest     BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE UNIQUE INDEX email_link_digest ON email_link (digest);
CREATE INDEX email_link_account ON email_link (account, purpose);

CREATE TABLE outbox (
    id            TEXT PRIMARY KEY,
    kind          TEXT NOT NULL,
    recipient     TEXT NOT NULL,
    payload       BYTEA NOT NULL,
    created_at    BIGINT NOT NULL,
    not_before    BIGINT NOT NULL,
    attempts      BIGINT NOT NULL DEFAULT 0,
    claimed_until BIGINT,
    sent_at       BIGINT,
    failed_at     BIGINT
);
CREATE INDEX outbox_waiting ON outbox (not_before) WHERE sent_at IS NULL AND failed_at IS NULL;
