-- What the vault's keys are known by: the key of the cards' fingerprints,
-- wrapped by one of them.
CREATE TABLE vault (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    fingerprints TEXT NOT NULL
) STRICT;
