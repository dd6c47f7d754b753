-- Who holds what where. A grant hangs on its membership, so that leaving takes every grant along,
-- and its space must be one of the same organisation.

CREATE TABLE membership (
    account      TEXT NOT NULL REFERENCES account (id),
    organisation TEXT NOT NULL REFERENCES organisation (id),
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (account, organisation)
);
CREATE INDEX membership_organisation ON membership (organisation);

CREATE TABLE role_grant (
    id           TEXT PRIMARY KEY,
    account      TEXT NOT NULL,
    organisation TEXT NOT NULL,
    space        TEXT,
    role         TEXT NOT NULL,
    platform     TEXT,
    starts_at    BIGINT,
    ends_at      BIGINT,
    granted_by   TEXT REFERENCES account (id),
    created_at   BIGINT NOT NULL,
    FOREIGN KEY (account, organisation) REFERENCES membership (account, organisation) ON DELETE CASCADE,
    FOREIGN KEY (organisation, space) REFERENCES space (organisation, id)
);
CREATE UNIQUE INDEX role_grant_once ON role_grant (
    account, organisation, (COALESCE(space, '')), role, (COALESCE(platform, '')),
    (COALESCE(starts_at, 0)), (COALESCE(ends_at, 0))
);
CREATE INDEX role_grant_organisation ON role_grant (organisation, role);
CREATE INDEX role_grant_space ON role_grant (space);
