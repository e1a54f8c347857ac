CREATE TABLE users (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    display  TEXT NOT NULL,
    email    TEXT NOT NULL,
    admin    BOOLEAN NOT NULL,
    disabled BOOLEAN NOT NULL,
    password TEXT NOT NULL,
    issuer   TEXT, -- with subject, null for built-in accounts
    subject  TEXT,
    created  BIGINT NOT NULL,
    UNIQUE (issuer, subject)
);

CREATE TABLE credentials (
    id      TEXT PRIMARY KEY,
    kind    TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash    TEXT NOT NULL UNIQUE,
    name    TEXT NOT NULL,
    scopes  TEXT NOT NULL, -- words, spaces between them
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used    BIGINT NOT NULL
);

CREATE INDEX credentials_of ON credentials (user_id, kind, created);

CREATE TABLE events (
    id      SERIAL_KEY,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    name    TEXT NOT NULL,
    action  TEXT NOT NULL,
    target  TEXT NOT NULL,
    address TEXT NOT NULL,
    detail  TEXT NOT NULL
);

CREATE INDEX events_at ON events (at);
