-- What platforms are told. `event.seq` is taken from the counter row, so that its order is that of commits and a
-- reader of the feed who has seen a number never misses a lower one.

ALTER TABLE counter ADD COLUMN event_seq BIGINT NOT NULL DEFAULT 0;

CREATE TABLE event (
    seq        BIGINT PRIMARY KEY,
    id         TEXT NOT NULL,
    kind       TEXT NOT NULL,
    account    TEXT,
    body       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX event_id ON event (id);
CREATE INDEX event_account ON event (account);
CREATE INDEX event_created ON event (created_at);

-- The platforms that an event concerns.
CREATE TABLE event_platform (
    platform TEXT NOT NULL,
    event    BIGINT NOT NULL REFERENCES event (seq) ON DELETE CASCADE,
    PRIMARY KEY (platform, event)
);
CREATE INDEX event_platform_event ON event_platform (event);

-- `kinds` holds words with a space between, nothing is all. `secret` is sealed; `old_secret` signs beside it until
-- `old_until`. `failing_since` is when the first attempt failed after the last that arrived.
CREATE TABLE webhook (
    id              TEXT PRIMARY KEY,
    platform        TEXT NOT NULL,
    url             TEXT NOT NULL,
    kinds           TEXT NOT NULL,
    secret          BYTEA NOT NULL,
    old_secret      BYTEA,
    old_until       BIGINT,
    created_at      BIGINT NOT NULL,
    failing_since   BIGINT,
    disabled_at     BIGINT,
    disabled_reason TEXT
);
CREATE UNIQUE INDEX webhook_once ON webhook (platform, url);

-- One event on its way to one webhook. `next_at` is when the next attempt may begin: whoever takes it moves it
-- forward first, and so it comes back by itself when they die. `ended_at` and `arrived` are set once it is over.
CREATE TABLE delivery (
    id         TEXT PRIMARY KEY,
    webhook    TEXT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    event      BIGINT NOT NULL REFERENCES event (seq) ON DELETE CASCADE,
    next_at    BIGINT NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0,
    tried_at   BIGINT,
    status     BIGINT,
    failure    TEXT,
    ended_at   BIGINT,
    arrived    BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX delivery_once ON delivery (webhook, event);
CREATE INDEX delivery_due ON delivery (webhook, next_at) WHERE ended_at IS NULL;
CREATE INDEX delivery_event ON delivery (event);
