-- An intent's timers are columns of its row, and what its indexes begin with is
-- a number in place of two texts: a new intent writes half as many places, and a
-- change of an intent writes its timers with it.

-- Whose data it is, and how far its clock is ahead of the machine's; null if it
-- was never moved. A row is made when a scope first writes an intent or moves its
-- clock.
CREATE TABLE scopes (
    id          INTEGER PRIMARY KEY,
    account     TEXT NOT NULL,
    environment TEXT NOT NULL,
    ahead       INTEGER,
    UNIQUE (account, environment)
) STRICT;

INSERT INTO scopes (account, environment, ahead)
SELECT account, environment, ahead FROM clocks;

INSERT INTO scopes (account, environment)
SELECT DISTINCT account, environment FROM payment_intents WHERE true
ON CONFLICT (account, environment) DO NOTHING;

-- The three times are account time, so that moving a clock changes one row.
-- `scope` is not declared a reference: every commit has just read it, and looking
-- again would cost as much as the row.
CREATE TABLE intents (
    key         INTEGER PRIMARY KEY,
    scope       INTEGER NOT NULL,
    id          TEXT NOT NULL UNIQUE,
    version     INTEGER NOT NULL,
    status      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    void_at     INTEGER,
    end_hold_at INTEGER,
    settle_at   INTEGER,
    body        TEXT NOT NULL
) STRICT;

INSERT INTO intents
SELECT p.key, s.id, p.id, p.version, p.status, p.created_at,
       max(t.due_at + coalesce(s.ahead, 0)) FILTER (WHERE t.kind = 'void'),
       max(t.due_at + coalesce(s.ahead, 0)) FILTER (WHERE t.kind = 'end-hold'),
       max(t.due_at + coalesce(s.ahead, 0)) FILTER (WHERE t.kind = 'settle'),
       p.body
FROM payment_intents p
JOIN scopes s ON s.account = p.account AND s.environment = p.environment
LEFT JOIN timers t ON t.account = p.account AND t.environment = p.environment
                  AND t.payment_intent = p.id
GROUP BY p.key;

DROP TABLE timers;
DROP TABLE payment_intents;
DROP TABLE clocks;

-- A search walks this once per wanted status and needs no row until it knows
-- which ones are on the page.
CREATE INDEX intents_search ON intents (scope, status, id, created_at);
CREATE INDEX intents_void ON intents (scope, void_at) WHERE void_at IS NOT NULL;
CREATE INDEX intents_end_hold ON intents (scope, end_hold_at) WHERE end_hold_at IS NOT NULL;
CREATE INDEX intents_settle ON intents (scope, settle_at) WHERE settle_at IS NOT NULL;

-- The same as tables, the way they are on PostgreSQL and in a file on the way
-- from one database to the other. Due times are machine time, as in the other
-- tables here.
CREATE VIEW clocks AS
SELECT account, environment, ahead FROM scopes WHERE ahead IS NOT NULL;

CREATE TRIGGER clocks_insert INSTEAD OF INSERT ON clocks
BEGIN
    INSERT INTO scopes (account, environment, ahead)
    VALUES (new.account, new.environment, new.ahead)
    ON CONFLICT (account, environment) DO UPDATE SET ahead = excluded.ahead;
END;

CREATE VIEW payment_intents AS
SELECT s.account, s.environment, i.id, i.version, i.status, i.created_at, i.body
FROM intents i JOIN scopes s ON s.id = i.scope;

CREATE TRIGGER payment_intents_insert INSTEAD OF INSERT ON payment_intents
BEGIN
    INSERT INTO scopes (account, environment) VALUES (new.account, new.environment)
    ON CONFLICT (account, environment) DO NOTHING;
    INSERT INTO intents (scope, id, version, status, created_at, body)
    SELECT id, new.id, new.version, new.status, new.created_at, new.body
    FROM scopes WHERE account = new.account AND environment = new.environment;
END;

CREATE VIEW timers AS
SELECT s.account, s.environment, t.payment_intent, t.kind,
       t.at - coalesce(s.ahead, 0) AS due_at
FROM (
    SELECT scope, id AS payment_intent, 'void' AS kind, void_at AS at
    FROM intents WHERE void_at IS NOT NULL
    UNION ALL
    SELECT scope, id, 'end-hold', end_hold_at FROM intents WHERE end_hold_at IS NOT NULL
    UNION ALL
    SELECT scope, id, 'settle', settle_at FROM intents WHERE settle_at IS NOT NULL
) t
JOIN scopes s ON s.id = t.scope;

CREATE TRIGGER timers_insert INSTEAD OF INSERT ON timers
BEGIN
    UPDATE intents
    SET void_at = iif(new.kind = 'void', t.at, void_at),
        end_hold_at = iif(new.kind = 'end-hold', t.at, end_hold_at),
        settle_at = iif(new.kind = 'settle', t.at, settle_at)
    FROM (SELECT new.due_at + coalesce(ahead, 0) AS at FROM scopes
          WHERE account = new.account AND environment = new.environment) t
    WHERE id = new.payment_intent;
END;
