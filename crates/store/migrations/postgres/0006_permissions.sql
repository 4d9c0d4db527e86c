-- What an account may do beyond taking payments: words with a space between them.
ALTER TABLE accounts ADD COLUMN permissions TEXT NOT NULL DEFAULT '';

-- The development account, known by its public key, may do everything.
UPDATE accounts SET permissions = 'tokenization'
WHERE id IN (SELECT account FROM api_keys WHERE digest = '\xa1dd51ef3bcc82d525064b569f8e015b3c12e05ab4566563a40401a51f079b59');
