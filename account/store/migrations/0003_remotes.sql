CREATE TABLE keys (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    sealed  TEXT NOT NULL
);

CREATE TABLE remotes (
    id      TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name    TEXT NOT NULL,
    kind    TEXT NOT NULL,
    path    TEXT NOT NULL,
    sealed  TEXT NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (user_id, name)
);

CREATE TABLE remote_links (
    session   TEXT NOT NULL,
    remote_id TEXT NOT NULL REFERENCES remotes (id) ON DELETE CASCADE,
    paused    BOOLEAN NOT NULL,
    rate      BIGINT NOT NULL, -- KiB a second, 0 for no bound
    PRIMARY KEY (session, remote_id)
);
