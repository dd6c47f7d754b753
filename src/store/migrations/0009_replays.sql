-- Creations that their caller named, and what was answered. `id` is a digest of who named it, where and how,
-- `digest` one of what was sent; `answer` is sealed, since some hold a secret.

CREATE TABLE replay (
    id       BYTEA PRIMARY KEY,
    digest   BYTEA NOT NULL,
    answer   BYTEA,
    begun_at BIGINT NOT NULL
);
CREATE INDEX replay_begun ON replay (begun_at);
