GRANT UPDATE (content_format) ON courses TO palestra_app;
GRANT UPDATE (search_name) ON users TO palestra_app;

-- Where an old name leads is public, like the new one; giving a name up and taking it back are its owner's.
ALTER TABLE former_usernames ENABLE ROW LEVEL SECURITY;
ALTER TABLE former_usernames FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (given_up_at, reserved_until), DELETE ON former_usernames TO palestra_app;
GRANT SELECT, DELETE ON former_usernames TO palestra_auth;
GRANT SELECT ON former_usernames TO palestra_worker;
CREATE POLICY former_usernames_read ON former_usernames FOR SELECT TO palestra_app, palestra_worker USING (true);
CREATE POLICY former_usernames_own ON former_usernames FOR ALL TO palestra_app USING (user_id = (SELECT app.uid()));
CREATE POLICY former_usernames_auth ON former_usernames FOR ALL TO palestra_auth USING (true);

-- The words of the catalogue are written again by the worker, as after the renaming of a category: every published course is in one.
INSERT INTO outbox (kind, payload, created_at, available_at, attempts)
  SELECT 'category.renamed', jsonb_build_object('categoryId', id), updated_at, updated_at, 0 FROM categories;
