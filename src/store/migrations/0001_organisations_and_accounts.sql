-- Who exists. One text for SQLite and PostgreSQL: TEXT, BIGINT, BOOLEAN, BYTEA; times are milliseconds.

CREATE TABLE organisation (
    id         TEXT PRIMARY KEY,
    slug       TEXT NOT NULL,
    name       TEXT NOT NULL,
    status     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    closed_at  BIGINT
);
CREATE UNIQUE INDEX organisation_slug ON organisation (slug);

CREATE TABLE space (
    id           TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisation (id),
    slug         TEXT NOT NULL,
    name         TEXT NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX space_slug ON space (organisation, slug);
CREATE UNIQUE INDEX space_home ON space (organisation, id);

CREATE TABLE entitlement (
    organisation TEXT NOT NULL REFERENCES organisation (id),
    platform     TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (organisation, platform)
);

-- `email` is what is shown, `email_canonical` what is compared. `organisation` is set for services only.
-- `generation` rises with each new mailed link, which ends the earlier ones.
CREATE TABLE account (
    id              TEXT PRIMARY KEY,
    user_name       TEXT NOT NULL,
    email           TEXT,
    email_canonical TEXT,
    display_name    TEXT NOT NULL,
    validated       BOOLEAN NOT NULL,
    organisation    TEXT REFERENCES organisation (id),
    status          TEXT NOT NULL,
    office          TEXT,
    generation      BIGINT NOT NULL DEFAULT 0,
    created_at      BIGINT NOT NULL,
    closed_at       BIGINT
);
CREATE UNIQUE INDEX account_user_name ON account (user_name);
CREATE UNIQUE INDEX account_email ON account (email_canonical);
CREATE INDEX account_organisation ON account (organisation);

-- Names and addresses that nobody may take again until they are released; kept as keyed digests.
CREATE TABLE archived_name (
    kind        TEXT NOT NULL,
    digest      BYTEA NOT NULL,
    pepper      BIGINT NOT NULL,
    archived_at BIGINT NOT NULL,
    PRIMARY KEY (kind, digest)
);

-- How an account proves itself. `secret` is sealed or slowly hashed, never clear text; `credential` is a
-- passkey's id; `counter` the last accepted TOTP step or the passkey's counter.
CREATE TABLE factor (
    id           TEXT PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES account (id),
    kind         TEXT NOT NULL,
    label        TEXT NOT NULL,
    credential   BYTEA,
    secret       BYTEA NOT NULL,
    counter      BIGINT NOT NULL DEFAULT 0,
    created_at   BIGINT NOT NULL,
    confirmed_at BIGINT,
    last_used_at BIGINT,
    spent_at     BIGINT
);
CREATE INDEX factor_account ON factor (account, kind);
CREATE UNIQUE INDEX factor_credential ON factor (credential);
