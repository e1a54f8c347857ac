CREATE TABLE teams (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    plan    TEXT NOT NULL, -- empty: its sessions count for who starts them
    created BIGINT NOT NULL
);

CREATE TABLE team_members (
    team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role    TEXT NOT NULL,
    since   BIGINT NOT NULL,
    PRIMARY KEY (team_id, user_id)
);

CREATE INDEX team_members_of ON team_members (user_id);

CREATE TABLE team_invites (
    team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    name    TEXT NOT NULL, -- what they log in as, whether there is such an account or not
    role    TEXT NOT NULL,
    since   BIGINT NOT NULL,
    PRIMARY KEY (team_id, name)
);

CREATE INDEX team_invites_of ON team_invites (name);

CREATE TABLE team_sessions (
    session TEXT PRIMARY KEY,
    team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    role    TEXT NOT NULL -- of the team's members in it
);

CREATE INDEX team_sessions_of ON team_sessions (team_id);

ALTER TABLE runs ADD COLUMN payer TEXT NOT NULL DEFAULT ''; -- whose plan it counts for: a user or a team

ALTER TABLE uses ADD COLUMN payer TEXT NOT NULL DEFAULT '';

UPDATE runs SET payer = user_id;

UPDATE uses SET payer = user_id;

CREATE INDEX runs_paid ON runs (payer, ended);

CREATE INDEX uses_paid ON uses (payer, day);
