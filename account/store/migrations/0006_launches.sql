ALTER TABLE runs ADD COLUMN ready BIGINT NOT NULL DEFAULT 0; -- when it first was, 0 if it never was

ALTER TABLE runs ADD COLUMN failure TEXT NOT NULL DEFAULT ''; -- why it never was, for people

UPDATE runs SET ready = created WHERE mark <> 0;

CREATE INDEX runs_created ON runs (created);
