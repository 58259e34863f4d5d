-- Public text alone, like the index that the words are from.
INSERT INTO catalogue_terms (term, letters)
  SELECT word, length(word) FROM ts_stat('SELECT document FROM catalogue_search')
  WHERE word ~ '^[a-z0-9]{3,40}$';
GRANT SELECT, INSERT ON catalogue_terms TO palestra_app, palestra_worker;

-- Words are compared with words now, and no longer with whole names.
DROP INDEX ix_catalogue_search_names;
ALTER TABLE catalogue_search ALTER COLUMN names SET DEFAULT '';

-- The worker writes the entries of a category's courses again when it has another name.
GRANT INSERT, UPDATE ON catalogue_entries TO palestra_worker;
GRANT INSERT, UPDATE ON catalogue_search TO palestra_worker;
CREATE POLICY catalogue_entries_keep ON catalogue_entries FOR ALL TO palestra_worker USING (true);
