-- Every time is in ticks: 100 ns since 1970-01-01 UTC. It is account time
-- unless the column says that it is machine time.

CREATE TABLE accounts (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    time_zone  TEXT NOT NULL,
    created_at INTEGER NOT NULL
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
    account     TEXT NOT NULL,
    environment TEXT NOT NULL,
    ahead       INTEGER NOT NULL,
    PRIMARY KEY (account, environment)
) STRICT, WITHOUT ROWID;

-- Bodies are large, so this is a rowid table: they are appended, and only the
-- small index entries are kept in order. Ids are by time, so these are appended
-- too.
CREATE TABLE payment_intents (
    key         INTEGER PRIMARY KEY,
    account     TEXT NOT NULL,
    environment TEXT NOT NULL,
    id          TEXT NOT NULL UNIQUE,
    version     INTEGER NOT NULL,
    status      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    body        TEXT NOT NULL
) STRICT;

-- A search walks this once per wanted status and needs no row until it knows
-- which ones are on the page.
CREATE INDEX payment_intents_search
    ON payment_intents (account, environment, status, id, created_at);

CREATE TABLE refunds (
    id             TEXT NOT NULL PRIMARY KEY,
    payment_intent TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- due_at is machine time, so that one index serves all scopes. The key starts
-- with the scope, so that moving one scope's clock reads only its own timers.
CREATE TABLE timers (
    account        TEXT NOT NULL,
    environment    TEXT NOT NULL,
    payment_intent TEXT NOT NULL,
    kind           TEXT NOT NULL,
    due_at         INTEGER NOT NULL,
    PRIMARY KEY (account, environment, payment_intent, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX timers_due ON timers (due_at);

-- Append-only; seq is the global order.
CREATE TABLE events (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL,
    account     TEXT NOT NULL,
    environment TEXT NOT NULL,
    type        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    payload     TEXT NOT NULL
) STRICT;

CREATE TABLE subscriptions (
    id          TEXT NOT NULL PRIMARY KEY,
    account     TEXT NOT NULL,
    environment TEXT NOT NULL,
    version     INTEGER NOT NULL,
    url         TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    body        TEXT NOT NULL
) STRICT;

CREATE INDEX subscriptions_of_scope ON subscriptions (account, environment);

-- One subscription per event and scope.
CREATE TABLE subscription_events (
    account      TEXT NOT NULL,
    environment  TEXT NOT NULL,
    event        TEXT NOT NULL,
    subscription TEXT NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    PRIMARY KEY (account, environment, event)
) STRICT, WITHOUT ROWID;

CREATE INDEX subscription_events_of_subscription ON subscription_events (subscription);

-- due_at and leased_until are machine time. A delivery is blocked while an
-- earlier one of the same subscription and subject is pending. Those that are
-- over outlive their subscription, as history. An id is never given twice: an
-- answer may still come for a delivery that went with its subscription.
CREATE TABLE deliveries (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account      TEXT NOT NULL,
    environment  TEXT NOT NULL,
    subscription TEXT NOT NULL,
    event        INTEGER NOT NULL REFERENCES events (seq),
    subject      TEXT NOT NULL,
    state        TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'gave-up')),
    blocked      INTEGER NOT NULL CHECK (blocked IN (0, 1)),
    attempts     INTEGER NOT NULL DEFAULT 0,
    due_at       INTEGER NOT NULL,
    leased_until INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX deliveries_of_scope ON deliveries (account, environment);
CREATE INDEX deliveries_waiting ON deliveries (subscription, subject) WHERE state = 'pending';
CREATE INDEX deliveries_due ON deliveries (subscription, due_at)
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

-- leased_until is machine time.
CREATE TABLE mails (
    seq          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    account      TEXT NOT NULL,
    environment  TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    subject      TEXT NOT NULL,
    text         TEXT NOT NULL,
    html         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    sent_at      INTEGER,
    leased_until INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX mails_of_scope ON mails (account, environment);
CREATE INDEX mails_unsent ON mails (leased_until) WHERE sent_at IS NULL;

-- status and sealed are NULL while the request runs. taken_at is machine time.
CREATE TABLE idempotency (
    seq         INTEGER PRIMARY KEY,
    account     TEXT NOT NULL,
    environment TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status      INTEGER,
    sealed      BLOB,
    taken_at    INTEGER NOT NULL,
    UNIQUE (account, environment, key)
) STRICT;

CREATE INDEX idempotency_by_age ON idempotency (taken_at);
