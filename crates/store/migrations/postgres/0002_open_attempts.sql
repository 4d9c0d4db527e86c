-- A program that starts looks for attempts that were left open, among all other
-- timers. Here the first step made the index already.
CREATE INDEX IF NOT EXISTS timers_settle ON timers (due_at) WHERE kind = 'settle';
