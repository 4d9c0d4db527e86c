-- Whose database this is: by the check a key is known as the one that sealed
-- what is in here. It tells nothing about the key.
CREATE TABLE installation (
    id        BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    key_check TEXT NOT NULL
);
