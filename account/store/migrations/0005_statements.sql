CREATE TABLE statements (
    day       BIGINT NOT NULL,
    payer     TEXT NOT NULL,
    used      BIGINT NOT NULL,
    attempts  BIGINT NOT NULL,
    next      BIGINT NOT NULL, -- when to try again
    delivered BIGINT NOT NULL, -- 0: not yet
    PRIMARY KEY (day, payer)
);

CREATE INDEX statements_due ON statements (delivered, next);
