-- Every time is in ticks: 100 ns since 1970-01-01 UTC. It is account time unless
-- the column says that it is machine time. What is due is kept in account time,
-- so moving a clock changes one row.
--
-- A scope is `account/environment`, or what stands above accounts:
-- `installation`, `company/…`, `user/…`.

CREATE TABLE api_keys (
    id          TEXT NOT NULL PRIMARY KEY,
    account     TEXT NOT NULL,
    environment TEXT NOT NULL,
    hint        TEXT NOT NULL,
    digest      BLOB NOT NULL UNIQUE,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_of_account ON api_keys (account);

-- How far a scope's clock is ahead of the machine's.
CREATE TABLE clocks (
    scope TEXT NOT NULL PRIMARY KEY,
    ahead INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every aggregate. Ids of a kind sort by time. due_at is when it is to be looked
-- at again. facets are the words that a listing is filtered by.
CREATE TABLE documents (
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    scope      TEXT NOT NULL,
    owner      TEXT,
    status     TEXT NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    due_at     INTEGER,
    facets     TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;

-- A listing walks this once per wanted status and needs no row until it knows
-- which ones are on the page, filtered or not.
CREATE INDEX documents_listing ON documents (scope, kind, status, id, created_at, facets);
CREATE INDEX documents_of_owner ON documents (owner, kind, id) WHERE owner IS NOT NULL;
CREATE INDEX documents_due ON documents (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX documents_due_of_scope ON documents (scope, due_at) WHERE due_at IS NOT NULL;

-- Further values that documents are found by, compared as text. A unique one is
-- one document's of its kind and scope.
CREATE TABLE document_index (
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    scope     TEXT NOT NULL,
    value     TEXT NOT NULL,
    id        TEXT NOT NULL,
    is_unique INTEGER NOT NULL CHECK (is_unique IN (0, 1)),
    PRIMARY KEY (kind, name, scope, value, id),
    FOREIGN KEY (kind, id) REFERENCES documents (kind, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX document_index_unique ON document_index (kind, name, scope, value)
    WHERE is_unique = 1;
CREATE INDEX document_index_of_document ON document_index (kind, id);

-- What happened. Append-only; seq is the global order. data is JSON.
CREATE TABLE events (
    seq          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL,
    scope        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject      TEXT NOT NULL,
    at           INTEGER NOT NULL,
    data         TEXT NOT NULL
) STRICT;

-- What is to be done; leased_until is machine time. There are two sorts.
--
-- Without an endpoint it is a claim on the document that kind and key name, whose
-- time is the document's: until leased_until, or when it is tried again.
--
-- With an endpoint, which is the id of a document of that kind, it takes an event
-- there, at due_at. The events of a lane are delivered one after the other: all but
-- the first are blocked.
--
-- A failed job stays until it is restarted, and blocks nothing.
CREATE TABLE jobs (
    kind         TEXT NOT NULL,
    key          TEXT NOT NULL,
    scope        TEXT NOT NULL,
    endpoint     TEXT,
    lane         TEXT,
    event        INTEGER REFERENCES events (seq),
    due_at       INTEGER,
    blocked      INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1)),
    tries        INTEGER NOT NULL DEFAULT 0,
    last_error   TEXT,
    failed       INTEGER NOT NULL DEFAULT 0 CHECK (failed IN (0, 1)),
    leased_until INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, key)
) STRICT;

CREATE INDEX jobs_failed ON jobs (kind, key) WHERE failed;
CREATE INDEX jobs_lane ON jobs (endpoint, lane, event)
    WHERE endpoint IS NOT NULL AND NOT failed;
CREATE INDEX jobs_due ON jobs (endpoint, due_at, event)
    WHERE endpoint IS NOT NULL AND NOT failed AND NOT blocked;

-- What became of deliveries, for people to look at; it outlives their jobs and
-- endpoints. next is what followed: 'delivered', 'gave-up' or 'retry' with retry_at.
CREATE TABLE delivery_attempts (
    scope    TEXT NOT NULL,
    event    INTEGER NOT NULL REFERENCES events (seq),
    endpoint TEXT NOT NULL,
    n        INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    status   INTEGER,
    answer   TEXT NOT NULL,
    took_ms  INTEGER NOT NULL,
    next     TEXT NOT NULL,
    retry_at INTEGER,
    PRIMARY KEY (scope, event, endpoint, n)
) STRICT, WITHOUT ROWID;

-- status and sealed are NULL while the request runs. taken_at is machine time.
CREATE TABLE idempotency (
    scope       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status      INTEGER,
    sealed      BLOB,
    taken_at    INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;

CREATE INDEX idempotency_by_age ON idempotency (taken_at);

-- Whose database this is: by the check a key is known as the one that sealed
-- what is in here. It tells nothing about the key.
CREATE TABLE installation (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    key_check TEXT NOT NULL
) STRICT;

-- What the vault's keys are known by: the key of the cards' fingerprints,
-- wrapped by one of them.
CREATE TABLE vault (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    fingerprints TEXT NOT NULL
) STRICT;
