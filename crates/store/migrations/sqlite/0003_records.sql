-- Aggregates beside the payment intent, found by id, owner or status. due_at is
-- machine time: when the record is to be looked at again.
CREATE TABLE records (
    key         INTEGER PRIMARY KEY,
    account     TEXT NOT NULL,
    environment TEXT NOT NULL,
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL UNIQUE,
    version     INTEGER NOT NULL,
    owner       TEXT,
    status      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    due_at      INTEGER,
    body        TEXT NOT NULL
) STRICT;

CREATE INDEX records_listing ON records (account, environment, kind, id);
CREATE INDEX records_of_owner ON records (owner, kind, id) WHERE owner IS NOT NULL;
CREATE INDEX records_of_status ON records (kind, status, id);
CREATE INDEX records_due ON records (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX records_due_of_scope ON records (account, environment, due_at)
    WHERE due_at IS NOT NULL;
