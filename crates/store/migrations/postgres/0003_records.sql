-- Aggregates beside the payment intent, found by id, owner or status. due_at is
-- account time: when the record is to be looked at again.
CREATE TABLE records (
    account     TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version     BIGINT NOT NULL,
    owner       TEXT COLLATE "C",
    status      TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    due_at      BIGINT,
    body        TEXT NOT NULL
);

CREATE INDEX records_listing ON records (account, environment, kind, id);
CREATE INDEX records_of_owner ON records (owner, kind, id) WHERE owner IS NOT NULL;
CREATE INDEX records_of_status ON records (kind, status, id);
CREATE INDEX records_due ON records (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX records_due_of_scope ON records (account, environment, due_at)
    WHERE due_at IS NOT NULL;
