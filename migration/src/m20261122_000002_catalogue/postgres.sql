-- What only PostgreSQL has: full-text search, grants and row-level security. See the first migration for the rules.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The words of the published courses, for searching. Public text alone, and no row security: behind it the operators of
-- full-text search could not use their indexes (they are not leakproof).
CREATE TABLE catalogue_search (
  course_id uuid NOT NULL CONSTRAINT pk_catalogue_search PRIMARY KEY
    CONSTRAINT fk_catalogue_search_course_id REFERENCES courses (id) ON DELETE CASCADE,
  document tsvector NOT NULL,
  -- Title, people and shelves in lower case, for what is misspelt.
  names text NOT NULL
);
CREATE INDEX ix_catalogue_search_document ON catalogue_search USING gin (document);
CREATE INDEX ix_catalogue_search_names ON catalogue_search USING gin (names gin_trgm_ops);
INSERT INTO catalogue_search (course_id, document, names)
  SELECT c.id,
    setweight(to_tsvector('simple', c.title), 'A')
      || setweight(to_tsvector('simple', concat_ws(' ', u.name, u.username, s.names)), 'B')
      || setweight(to_tsvector('simple', c.description), 'D'),
    lower(concat_ws(' ', c.title, u.name, u.username, s.names))
  FROM courses c JOIN users u ON u.id = c.author_id
  LEFT JOIN LATERAL (SELECT string_agg(g.name, ' ') AS names FROM course_categories m
    JOIN categories g ON g.id = m.category_id WHERE m.course_id = c.id) s ON true
  WHERE c.is_published;
GRANT SELECT, INSERT, UPDATE, DELETE ON catalogue_search TO palestra_app;
GRANT SELECT ON catalogue_search TO palestra_worker;

-- The courses that the caller may edit.
CREATE FUNCTION app.edited() RETURNS SETOF uuid LANGUAGE sql STABLE
  AS $$ SELECT id FROM courses WHERE author_id = (SELECT app.uid())
        UNION ALL SELECT course_id FROM course_editors WHERE user_id = (SELECT app.uid()) $$;

-- Who teaches with whom is public; whom, the owner decides.
ALTER TABLE course_editors ENABLE ROW LEVEL SECURITY;
ALTER TABLE course_editors FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON course_editors TO palestra_app;
GRANT SELECT ON course_editors TO palestra_worker;
CREATE POLICY course_editors_read ON course_editors FOR SELECT TO palestra_app, palestra_worker USING (true);
CREATE POLICY course_editors_add ON course_editors FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));
CREATE POLICY course_editors_remove ON course_editors FOR DELETE TO palestra_app
  USING ((SELECT app.is_admin()) OR user_id = (SELECT app.uid())
    OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));

-- Editors write what authors write.
DROP POLICY courses_change ON courses;
CREATE POLICY courses_change ON courses FOR UPDATE TO palestra_app
  USING ((SELECT app.is_admin()) OR id = ANY (ARRAY(SELECT app.edited())));
DROP POLICY chapters_write ON chapters;
CREATE POLICY chapters_write ON chapters FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
DROP POLICY lessons_write ON lessons;
CREATE POLICY lessons_write ON lessons FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY lesson_bodies_edit ON lesson_bodies FOR ALL TO palestra_app
  USING (course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY chapter_bodies_edit ON chapter_bodies FOR ALL TO palestra_app
  USING (course_id = ANY (ARRAY(SELECT app.edited())));
GRANT UPDATE (image_id, preview_video_asset_id) ON courses TO palestra_app;

ALTER TABLE catalogue_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue_entries FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON catalogue_entries TO palestra_app;
GRANT SELECT ON catalogue_entries TO palestra_worker;
CREATE POLICY catalogue_entries_read ON catalogue_entries FOR SELECT TO palestra_app, palestra_worker USING (true);
CREATE POLICY catalogue_entries_add ON catalogue_entries FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY catalogue_entries_change ON catalogue_entries FOR UPDATE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY catalogue_entries_remove ON catalogue_entries FOR DELETE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));

ALTER TABLE course_popularity ENABLE ROW LEVEL SECURITY;
ALTER TABLE course_popularity FORCE ROW LEVEL SECURITY;
GRANT SELECT ON course_popularity TO palestra_app;
GRANT SELECT, INSERT, UPDATE ON course_popularity TO palestra_worker;
CREATE POLICY course_popularity_read ON course_popularity FOR SELECT TO palestra_app USING (true);
CREATE POLICY course_popularity_keep ON course_popularity FOR ALL TO palestra_worker USING (true);
-- To count them.
GRANT SELECT (course_id) ON enrollments TO palestra_worker;
CREATE POLICY enrollments_count ON enrollments FOR SELECT TO palestra_worker USING (true);

ALTER TABLE wishlists ENABLE ROW LEVEL SECURITY;
ALTER TABLE wishlists FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON wishlists TO palestra_app;
CREATE POLICY wishlists_own ON wishlists FOR ALL TO palestra_app USING (user_id = (SELECT app.uid()));

-- One's own files; an editor may use only what is theirs.
ALTER TABLE files ENABLE ROW LEVEL SECURITY;
ALTER TABLE files FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (content_type, size_bytes, sha256, status, problem, checked_until, ready_at) ON files TO palestra_app;
GRANT SELECT, DELETE ON files TO palestra_worker;
CREATE POLICY files_own ON files FOR ALL TO palestra_app
  USING (owner_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
CREATE POLICY files_collect ON files FOR ALL TO palestra_worker USING (true);

-- Attachments go with what they belong to: whoever may read the lesson, or holds an active grant for the course.
ALTER TABLE attachments ENABLE ROW LEVEL SECURITY;
ALTER TABLE attachments FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (name, updated_at), DELETE ON attachments TO palestra_app;
GRANT SELECT ON attachments TO palestra_worker;
CREATE POLICY attachments_edit ON attachments FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY attachments_read ON attachments FOR SELECT TO palestra_app
  USING (CASE WHEN lesson_id IS NULL
    THEN EXISTS (SELECT 1 FROM courses k WHERE k.id = course_id AND k.is_published)
      AND course_id = ANY (ARRAY(SELECT g.course_id FROM grants g WHERE g.user_id = (SELECT app.uid())
        AND g.status = 'ACTIVE' AND g.starts_at <= (SELECT app.now())
        AND (g.ends_at IS NULL OR g.ends_at > (SELECT app.now()))))
    ELSE EXISTS (SELECT 1 FROM lesson_bodies b WHERE b.lesson_id = attachments.lesson_id) END);
CREATE POLICY attachments_collect ON attachments FOR SELECT TO palestra_worker USING (true);

-- A video goes with the bodies and previews that show it.
ALTER TABLE video_assets ENABLE ROW LEVEL SECURITY;
ALTER TABLE video_assets FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (status, file_id, upload_id, asset_id, playback_id, duration_seconds, problem, updated_at), DELETE
  ON video_assets TO palestra_app, palestra_worker;
CREATE POLICY video_assets_own ON video_assets FOR ALL TO palestra_app
  USING (owner_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
CREATE POLICY video_assets_watch ON video_assets FOR SELECT TO palestra_app
  USING (EXISTS (SELECT 1 FROM lesson_bodies b WHERE b.video_asset_id = video_assets.id)
    OR EXISTS (SELECT 1 FROM chapter_bodies b WHERE b.video_asset_id = video_assets.id)
    OR EXISTS (SELECT 1 FROM courses k WHERE k.preview_video_asset_id = video_assets.id
      AND (k.is_published OR k.id = ANY (ARRAY(SELECT app.edited())))));
CREATE POLICY video_assets_follow ON video_assets FOR ALL TO palestra_worker USING (true);

ALTER TABLE video_captions ENABLE ROW LEVEL SECURITY;
ALTER TABLE video_captions FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (label, file_id), DELETE ON video_captions TO palestra_app;
GRANT SELECT ON video_captions TO palestra_worker;
CREATE POLICY video_captions_own ON video_captions FOR ALL TO palestra_app
  USING ((SELECT app.is_admin())
    OR video_asset_id = ANY (ARRAY(SELECT id FROM video_assets WHERE owner_id = (SELECT app.uid()))));
CREATE POLICY video_captions_read ON video_captions FOR SELECT TO palestra_app
  USING (EXISTS (SELECT 1 FROM video_assets v WHERE v.id = video_asset_id));
CREATE POLICY video_captions_collect ON video_captions FOR SELECT TO palestra_worker USING (true);

ALTER TABLE provider_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_events FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON provider_events TO palestra_worker;
CREATE POLICY provider_events_work ON provider_events FOR ALL TO palestra_worker USING (true);
