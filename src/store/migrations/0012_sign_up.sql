-- Invitations as they are sent, and sign-ups that wait for their code. `handed_out` says that whoever invited
-- saw the link, because letters went nowhere. A sign-up is found by the digest of what its browser holds; the
-- password in it is hashed and sealed for the row of the factor that it becomes.

ALTER TABLE invitation ADD COLUMN sent_at BIGINT;
ALTER TABLE invitation ADD COLUMN handed_out BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE sign_up (
    id           TEXT PRIMARY KEY,
    browser      BYTEA NOT NULL,
    invitation   TEXT NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
    user_name    TEXT NOT NULL,
    display_name TEXT NOT NULL,
    factor       TEXT NOT NULL,
    password     BYTEA NOT NULL,
    code         BYTEA NOT NULL,
    tries        BIGINT NOT NULL DEFAULT 0,
    created_at   BIGINT NOT NULL,
    sent_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX sign_up_browser ON sign_up (browser);
CREATE INDEX sign_up_invitation ON sign_up (invitation);
CREATE INDEX sign_up_sent ON sign_up (sent_at);
