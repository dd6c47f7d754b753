-- How far the audit trail was cut for its age: number and digest of the last entry that went, on which the
-- first one that stayed is chained. Several rows only for a moment; the highest counts.

CREATE TABLE audit_cut (
    seq    BIGINT PRIMARY KEY,
    digest BYTEA NOT NULL,
    at     BIGINT NOT NULL
);
CREATE INDEX audit_at ON audit (at);
