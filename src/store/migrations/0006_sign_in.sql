-- Signing in: one password per account, failures in a row, and sessions on their way to another host.

CREATE UNIQUE INDEX factor_password ON factor (account) WHERE kind = 'password';
CREATE INDEX session_browser ON session (browser);

-- `lane` is a keyed digest of an account, or of a name that nobody has, and of a browser that has been used
-- for it before. `opens_at` is when the next attempt may be made.
CREATE TABLE sign_in_lane (
    lane     BYTEA PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    opens_at BIGINT NOT NULL
);
CREATE INDEX sign_in_lane_last ON sign_in_lane (last_at);

-- `digest` is of the code, `flow` of the cookie of the browser that asked for it.
CREATE TABLE arrival (
    digest      BYTEA PRIMARY KEY,
    session     TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    host        TEXT NOT NULL,
    flow        BYTEA NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT,
    replayed_at BIGINT
);
CREATE INDEX arrival_end ON arrival (expires_at);
CREATE INDEX arrival_session ON arrival (session);
