ALTER TABLE users ADD COLUMN plan TEXT NOT NULL DEFAULT '';

CREATE TABLE runs (
    id      SERIAL_KEY,
    session TEXT NOT NULL,
    name    TEXT NOT NULL,
    user_id TEXT NOT NULL, -- stays when the user is removed, for what is billed
    plan    TEXT NOT NULL,
    key     TEXT, -- null without one, or when it is forgotten
    wish    TEXT NOT NULL,
    created BIGINT NOT NULL,
    mark    BIGINT NOT NULL,
    used    BIGINT NOT NULL,
    beat    BIGINT NOT NULL,
    ended   BIGINT NOT NULL,
    UNIQUE (user_id, key)
);

CREATE INDEX runs_of ON runs (user_id, id);

CREATE INDEX runs_session ON runs (session, id);

CREATE INDEX runs_ended ON runs (ended, beat);

CREATE TABLE uses (
    day     BIGINT NOT NULL,
    run_id  BIGINT NOT NULL REFERENCES runs (id),
    user_id TEXT NOT NULL,
    used    BIGINT NOT NULL,
    PRIMARY KEY (day, run_id)
);

CREATE INDEX uses_of ON uses (user_id, day);
