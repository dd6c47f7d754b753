-- What happened: the change log that caches follow, the audit chain, and the one row that orders both.

CREATE TABLE setting (
    name       TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT REFERENCES account (id)
);

CREATE TABLE change_log (
    seq     BIGINT PRIMARY KEY,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    at      BIGINT NOT NULL
);

CREATE TABLE audit (
    seq             BIGINT PRIMARY KEY,
    at              BIGINT NOT NULL,
    act             TEXT NOT NULL,
    actor           TEXT NOT NULL,
    subject         TEXT NOT NULL,
    organisation    TEXT,
    request         TEXT,
    detail          TEXT NOT NULL,
    personal_digest BYTEA,
    digest          BYTEA NOT NULL
);
CREATE INDEX audit_organisation ON audit (organisation, seq);
CREATE INDEX audit_subject ON audit (subject);
CREATE INDEX audit_actor ON audit (actor);

-- Erasable: the chain covers only the salted digest.
CREATE TABLE audit_personal (
    seq      BIGINT PRIMARY KEY REFERENCES audit (seq),
    salt     BYTEA NOT NULL,
    address  TEXT,
    personal TEXT
);

-- One row. `seq` numbers the change log, `audit_seq` and `audit_digest` are the end of the audit chain,
-- `readable_from` is the oldest schema version whose program may still work here.
CREATE TABLE counter (
    id            BIGINT PRIMARY KEY,
    seq           BIGINT NOT NULL,
    audit_seq     BIGINT NOT NULL,
    audit_digest  BYTEA,
    readable_from BIGINT NOT NULL
);
INSERT INTO counter (id, seq, audit_seq, audit_digest, readable_from) VALUES (1, 0, 0, NULL, 1);
