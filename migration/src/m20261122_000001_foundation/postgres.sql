-- Row-level security: the second layer. The use cases already filter by owner; each layer must hold alone.
--
-- Three runtime roles, none of which owns a table or bypasses row security:
--   palestra_app     requests, on behalf of app.uid()
--   palestra_auth    registration, login, tokens and keys: what happens before anybody is known
--   palestra_worker  the outbox and housekeeping
-- Each transaction sets app.uid, app.role and app.now once, for itself alone.

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO palestra_app, palestra_auth, palestra_worker;
GRANT USAGE ON SCHEMA public TO palestra_app, palestra_auth, palestra_worker;

CREATE FUNCTION app.uid() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.uid', true), '')::uuid $$;
CREATE FUNCTION app.is_admin() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT coalesce(current_setting('app.role', true), '') IN ('ADMIN', 'SYSTEM') $$;
CREATE FUNCTION app.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT coalesce(nullif(current_setting('app.now', true), '')::timestamptz, now()) $$;

-- So that a runtime role can tell whether the schema is its own.
GRANT SELECT ON seaql_migrations, installation TO palestra_app, palestra_auth, palestra_worker;

-- users: what is in this table is public, changing it is not; role and status only through the auth role.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE (username, name, bio, avatar_url, social_media_links, version, updated_at) ON users TO palestra_app;
GRANT SELECT, INSERT, UPDATE ON users TO palestra_auth;
GRANT SELECT ON users TO palestra_worker;
CREATE POLICY users_read ON users FOR SELECT TO palestra_app, palestra_worker USING (true);
CREATE POLICY users_change ON users FOR UPDATE TO palestra_app USING (id = (SELECT app.uid()));
CREATE POLICY users_auth ON users FOR ALL TO palestra_auth USING (true);

ALTER TABLE credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE credentials FORCE ROW LEVEL SECURITY;
GRANT SELECT (user_id, email, email_display, email_verified_at, updated_at) ON credentials TO palestra_app;
GRANT SELECT, INSERT, UPDATE ON credentials TO palestra_auth;
CREATE POLICY credentials_read ON credentials FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
CREATE POLICY credentials_auth ON credentials FOR ALL TO palestra_auth USING (true);

ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE profiles FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE (fitness_goals, experience_level, weight_grams, height_millimetres, date_of_birth, phone, address,
  version, updated_at) ON profiles TO palestra_app;
GRANT SELECT, INSERT ON profiles TO palestra_auth;
CREATE POLICY profiles_read ON profiles FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
CREATE POLICY profiles_change ON profiles FOR UPDATE TO palestra_app USING (user_id = (SELECT app.uid()));
CREATE POLICY profiles_auth ON profiles FOR INSERT TO palestra_auth WITH CHECK (true);

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE (revoked_at, revoked_reason) ON sessions TO palestra_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO palestra_auth;
CREATE POLICY sessions_own ON sessions FOR ALL TO palestra_app USING (user_id = (SELECT app.uid()));
CREATE POLICY sessions_auth ON sessions FOR ALL TO palestra_auth USING (true);

ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_tokens TO palestra_auth;
CREATE POLICY refresh_tokens_auth ON refresh_tokens FOR ALL TO palestra_auth USING (true);

ALTER TABLE link_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE link_tokens FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON link_tokens TO palestra_auth;
CREATE POLICY link_tokens_auth ON link_tokens FOR ALL TO palestra_auth USING (true);

ALTER TABLE signing_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE signing_keys FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON signing_keys TO palestra_auth;
CREATE POLICY signing_keys_auth ON signing_keys FOR ALL TO palestra_auth USING (true);

-- The outline of the catalogue is public; the use cases keep drafts to their authors. Writing is its authors' alone, since
-- the policies below trust what stands here; whose a course is never changes.
GRANT SELECT, INSERT, UPDATE, DELETE ON categories, course_slugs, course_categories TO palestra_app;
GRANT SELECT, INSERT, DELETE ON courses, chapters, lessons TO palestra_app;
GRANT UPDATE (title, slug, description, content, image_url, preview_video_url, duration, difficulty, price_amount,
  price_currency, discount_price_amount, is_published, published_at, archived_at, version, updated_at) ON courses TO palestra_app;
GRANT UPDATE (title, description, position, duration, has_content, has_video, is_published, is_free, version, updated_at)
  ON chapters TO palestra_app;
GRANT UPDATE (chapter_id, title, description, position, duration, has_content, has_video, is_published, version, updated_at)
  ON lessons TO palestra_app;
ALTER TABLE courses ENABLE ROW LEVEL SECURITY;
ALTER TABLE courses FORCE ROW LEVEL SECURITY;
CREATE POLICY courses_read ON courses FOR SELECT TO palestra_app, palestra_worker USING (true);
CREATE POLICY courses_add ON courses FOR INSERT TO palestra_app
  WITH CHECK (author_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
CREATE POLICY courses_change ON courses FOR UPDATE TO palestra_app
  USING (author_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
CREATE POLICY courses_remove ON courses FOR DELETE TO palestra_app
  USING (author_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
ALTER TABLE chapters ENABLE ROW LEVEL SECURITY;
ALTER TABLE chapters FORCE ROW LEVEL SECURITY;
CREATE POLICY chapters_read ON chapters FOR SELECT TO palestra_app, palestra_worker USING (true);
CREATE POLICY chapters_write ON chapters FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));
ALTER TABLE lessons ENABLE ROW LEVEL SECURITY;
ALTER TABLE lessons FORCE ROW LEVEL SECURITY;
CREATE POLICY lessons_read ON lessons FOR SELECT TO palestra_app, palestra_worker USING (true);
CREATE POLICY lessons_write ON lessons FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));
GRANT SELECT ON categories, courses, course_slugs, course_categories, chapters, lessons TO palestra_worker;

-- Access: one's own; the course's author sees and manages the grants of that course.
ALTER TABLE grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE grants FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (status, ends_at, status_reason, status_changed_at) ON grants TO palestra_app;
CREATE POLICY grants_read ON grants FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR (SELECT app.is_admin())
    OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));
CREATE POLICY grants_enrol ON grants FOR INSERT TO palestra_app
  WITH CHECK ((user_id = (SELECT app.uid()) AND source = 'FREE' AND EXISTS (
      SELECT 1 FROM courses WHERE id = course_id AND is_published AND coalesce(price_amount, 0) = 0))
    OR (source = 'MANUAL' AND ((SELECT app.is_admin())
      OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))))));
CREATE POLICY grants_manage ON grants FOR UPDATE TO palestra_app
  USING (source IN ('FREE', 'MANUAL') AND ((SELECT app.is_admin())
    OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid())))));

ALTER TABLE enrollments ENABLE ROW LEVEL SECURITY;
ALTER TABLE enrollments FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (is_completed, completed_at) ON enrollments TO palestra_app;
CREATE POLICY enrollments_read ON enrollments FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR (SELECT app.is_admin())
    OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));
CREATE POLICY enrollments_enrol ON enrollments FOR INSERT TO palestra_app
  WITH CHECK ((user_id = (SELECT app.uid())
      AND EXISTS (SELECT 1 FROM grants g WHERE g.user_id = enrollments.user_id AND g.course_id = enrollments.course_id))
    OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));
CREATE POLICY enrollments_complete ON enrollments FOR UPDATE TO palestra_app USING (user_id = (SELECT app.uid()));

-- What is taught: the author, admins, holders of an active grant, and everybody where the chapter is a free preview.
ALTER TABLE lesson_bodies ENABLE ROW LEVEL SECURITY;
ALTER TABLE lesson_bodies FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON lesson_bodies TO palestra_app;
CREATE POLICY lesson_bodies_read ON lesson_bodies FOR SELECT TO palestra_app
  USING ((SELECT app.is_admin())
    OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid())))
    OR (EXISTS (SELECT 1 FROM lessons l JOIN chapters h ON h.id = l.chapter_id JOIN courses k ON k.id = l.course_id
        WHERE l.id = lesson_id AND l.is_published AND h.is_published AND k.is_published
        AND (h.is_free OR l.course_id = ANY (ARRAY(SELECT g.course_id FROM grants g WHERE g.user_id = (SELECT app.uid())
          AND g.status = 'ACTIVE' AND g.starts_at <= (SELECT app.now())
          AND (g.ends_at IS NULL OR g.ends_at > (SELECT app.now()))))))));
CREATE POLICY lesson_bodies_add ON lesson_bodies FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));
CREATE POLICY lesson_bodies_change ON lesson_bodies FOR UPDATE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));
CREATE POLICY lesson_bodies_remove ON lesson_bodies FOR DELETE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));

ALTER TABLE chapter_bodies ENABLE ROW LEVEL SECURITY;
ALTER TABLE chapter_bodies FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON chapter_bodies TO palestra_app;
CREATE POLICY chapter_bodies_read ON chapter_bodies FOR SELECT TO palestra_app
  USING ((SELECT app.is_admin())
    OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid())))
    OR (EXISTS (SELECT 1 FROM chapters h JOIN courses k ON k.id = h.course_id
        WHERE h.id = chapter_id AND h.is_published AND k.is_published
        AND (h.is_free OR h.course_id = ANY (ARRAY(SELECT g.course_id FROM grants g WHERE g.user_id = (SELECT app.uid())
          AND g.status = 'ACTIVE' AND g.starts_at <= (SELECT app.now())
          AND (g.ends_at IS NULL OR g.ends_at > (SELECT app.now()))))))));
CREATE POLICY chapter_bodies_add ON chapter_bodies FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));
CREATE POLICY chapter_bodies_change ON chapter_bodies FOR UPDATE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));
CREATE POLICY chapter_bodies_remove ON chapter_bodies FOR DELETE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));

ALTER TABLE lesson_progress ENABLE ROW LEVEL SECURITY;
ALTER TABLE lesson_progress FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON lesson_progress TO palestra_app;
CREATE POLICY lesson_progress_own ON lesson_progress FOR ALL TO palestra_app USING (user_id = (SELECT app.uid()));

ALTER TABLE chapter_progress ENABLE ROW LEVEL SECURITY;
ALTER TABLE chapter_progress FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON chapter_progress TO palestra_app;
CREATE POLICY chapter_progress_own ON chapter_progress FOR ALL TO palestra_app USING (user_id = (SELECT app.uid()));

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON idempotency_keys TO palestra_app, palestra_auth;
GRANT SELECT, DELETE ON idempotency_keys TO palestra_worker;
CREATE POLICY idempotency_keys_own ON idempotency_keys FOR ALL TO palestra_app USING (owner_id = (SELECT app.uid()));
CREATE POLICY idempotency_keys_others ON idempotency_keys FOR ALL TO palestra_auth, palestra_worker USING (true);

ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
GRANT INSERT ON outbox TO palestra_app, palestra_auth;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO palestra_worker;
CREATE POLICY outbox_write ON outbox FOR INSERT TO palestra_app, palestra_auth WITH CHECK (true);
CREATE POLICY outbox_work ON outbox FOR ALL TO palestra_worker USING (true);

ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON audit_log TO palestra_app, palestra_auth;
CREATE POLICY audit_log_write ON audit_log FOR INSERT TO palestra_app
  WITH CHECK (actor_id IS NOT DISTINCT FROM (SELECT app.uid()));
CREATE POLICY audit_log_write_auth ON audit_log FOR INSERT TO palestra_auth WITH CHECK (true);
CREATE POLICY audit_log_read ON audit_log FOR SELECT TO palestra_app USING ((SELECT app.is_admin()));
