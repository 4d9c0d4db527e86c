-- Every time is in ticks: 100 ns since 1970-01-01 UTC. It is account time unless
-- the column says that it is machine time. What is due is kept in account time,
-- so moving a clock changes one row.
--
-- A scope is `account/environment`, or what stands above accounts:
-- `installation`, `company/…`, `user/…`.

CREATE TABLE accounts (
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    time_zone   TEXT NOT NULL,
    permissions TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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
-- at again.
CREATE TABLE documents (
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    scope      TEXT NOT NULL,
    owner      TEXT,
    status     TEXT NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    due_at     INTEGER,
    body       TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;

-- A listing walks this once per wanted status and needs no row until it knows
-- which ones are on the page.
CREATE INDEX documents_listing ON documents (scope, kind, status, id, created_at);
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

-- Work on documents that are due: a claim of one program until leased_until, or
-- when it is tried again (machine time). A failed one stays until it is restarted.
CREATE TABLE jobs (
    kind         TEXT NOT NULL,
    key          TEXT NOT NULL,
    scope        TEXT NOT NULL,
    tries        INTEGER NOT NULL,
    last_error   TEXT,
    failed       INTEGER NOT NULL DEFAULT 0 CHECK (failed IN (0, 1)),
    leased_until INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX jobs_failed ON jobs (kind, key) WHERE failed = 1;

-- Append-only; seq is the global order.
CREATE TABLE events (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    scope      TEXT NOT NULL,
    type       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    payload    TEXT NOT NULL
) STRICT;

-- leased_until is machine time. A delivery is blocked while an earlier one of
-- the same subscription and subject is pending. Those that are over outlive
-- their subscription, as history. An id is never given twice: an answer may
-- still come for a delivery that went with its subscription.
CREATE TABLE deliveries (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    scope        TEXT NOT NULL,
    subscription TEXT NOT NULL,
    event        INTEGER NOT NULL REFERENCES events (seq),
    subject      TEXT NOT NULL,
    state        TEXT NOT NULL DEFAULT 'pending'
                 CHECK (state IN ('pending', 'delivered', 'gave-up')),
    blocked      INTEGER NOT NULL CHECK (blocked IN (0, 1)),
    attempts     INTEGER NOT NULL DEFAULT 0,
    due_at       INTEGER NOT NULL,
    leased_until INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX deliveries_of_scope ON deliveries (scope, id);
CREATE INDEX deliveries_waiting ON deliveries (subject, subscription, id)
    WHERE state = 'pending';
CREATE INDEX deliveries_due ON deliveries (subscription, due_at, id)
    WHERE state = 'pending' AND blocked = 0;

-- next is what follows: 'delivered', 'gave-up' or 'retry' with retry_at.
CREATE TABLE delivery_attempts (
    delivery INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    n        INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    status   INTEGER,
    answer   TEXT NOT NULL,
    took_ms  INTEGER NOT NULL,
    next     TEXT NOT NULL,
    retry_at INTEGER,
    PRIMARY KEY (delivery, n)
) STRICT, WITHOUT ROWID;

-- leased_until is machine time. One that waits is still to be sent; one with an
-- error that does not wait has failed.
CREATE TABLE mails (
    seq          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    scope        TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    subject      TEXT NOT NULL,
    text         TEXT NOT NULL,
    html         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    waits        INTEGER NOT NULL CHECK (waits IN (0, 1)),
    last_error   TEXT,
    sent_at      INTEGER,
    leased_until INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX mails_of_scope ON mails (scope, seq);
CREATE INDEX mails_waiting ON mails (leased_until, seq) WHERE waits = 1;
CREATE INDEX mails_failed ON mails (id) WHERE waits = 0 AND last_error IS NOT NULL;

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
