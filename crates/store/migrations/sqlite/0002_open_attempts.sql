-- A program that starts looks for attempts that were left open, among all other
-- timers.
CREATE INDEX timers_settle ON timers (due_at) WHERE kind = 'settle';
