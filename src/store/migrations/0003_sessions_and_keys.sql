-- What is presented at the gate. Tokens and keys are stored as digests only.

CREATE TABLE session (
    id               TEXT PRIMARY KEY,
    account          TEXT NOT NULL REFERENCES account (id),
    browser          TEXT,
    created_at       BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    methods          TEXT NOT NULL,
    last_seen_at     BIGINT NOT NULL,
    idle_millis      BIGINT NOT NULL,
    ends_at          BIGINT NOT NULL,
    ended_at         BIGINT,
    chosen           TEXT NOT NULL,
    device           TEXT NOT NULL
);
CREATE INDEX session_account ON session (account);
CREATE INDEX session_end ON session (ends_at);

-- One session, one token per host.
CREATE TABLE session_host (
    digest     BYTEA PRIMARY KEY,
    session    TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    host       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX session_host_once ON session_host (session, host);

-- `credentials` and `networks` hold one item per line, `rights` words with a space between; no rights
-- is all of the role. `import_prefix` finds keys of the form prefix.secret that came with a foreign hash.
CREATE TABLE api_key (
    id            TEXT PRIMARY KEY,
    kind          TEXT NOT NULL,
    account       TEXT NOT NULL REFERENCES account (id),
    name          TEXT NOT NULL,
    digest        BYTEA NOT NULL,
    pepper        BIGINT NOT NULL,
    audience      TEXT NOT NULL,
    credentials   TEXT NOT NULL,
    rights        TEXT,
    networks      TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT,
    revoked_at    BIGINT,
    last_used_at  BIGINT,
    replaces      TEXT,
    import_prefix TEXT,
    import_hash   TEXT
);
CREATE UNIQUE INDEX api_key_digest ON api_key (digest);
CREATE UNIQUE INDEX api_key_import_prefix ON api_key (import_prefix);
CREATE UNIQUE INDEX api_key_name ON api_key (account, name) WHERE revoked_at IS NULL;
CREATE INDEX api_key_kind ON api_key (kind);

-- Fingerprints of what the keyring file holds: a lost file is noticed before anything is made anew.
CREATE TABLE keyring (
    fingerprint TEXT PRIMARY KEY,
    purpose     TEXT NOT NULL,
    version     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    retired_at  BIGINT
);
