-- The headers of a receiver's answer, masked and cut: a list of names with values.
-- Attempts of before this step have none.
ALTER TABLE delivery_attempts ADD COLUMN answer_headers TEXT;
