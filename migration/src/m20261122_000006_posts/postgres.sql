-- Grants and row-level security. See the first migration for the rules.
--
-- Policies ask for one row of a parent by a scalar subquery, never by EXISTS: that could be planned as a hash of the whole table,
-- for a page of twenty rows.

-- The published courses to which the caller has access by a grant.
CREATE FUNCTION app.attended() RETURNS SETOF uuid LANGUAGE sql STABLE
  AS $$ SELECT g.course_id FROM grants g JOIN courses k ON k.id = g.course_id
        WHERE g.user_id = (SELECT app.uid()) AND k.is_published AND g.status = 'ACTIVE' AND g.starts_at <= (SELECT app.now())
        AND (g.ends_at IS NULL OR g.ends_at > (SELECT app.now())) $$;

ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE posts FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (title, content, status, is_pinned, is_locked, feed_key, version, published_at, edited_at, updated_at),
  DELETE ON posts TO palestra_app;
GRANT SELECT ON posts TO palestra_worker;
-- A draft is its author's alone.
CREATE POLICY posts_read ON posts FOR SELECT TO palestra_app
  USING (author_id = (SELECT app.uid()) OR (status <> 'DRAFT' AND ((SELECT app.is_admin())
    OR (course_id IS NULL AND (SELECT app.uid()) IS NOT NULL)
    OR course_id = ANY (ARRAY(SELECT app.attended())) OR course_id = ANY (ARRAY(SELECT app.edited())))));
CREATE POLICY posts_add ON posts FOR INSERT TO palestra_app
  WITH CHECK (author_id = (SELECT app.uid()) AND ((SELECT app.is_admin()) OR course_id IS NULL
    OR course_id = ANY (ARRAY(SELECT app.attended())) OR course_id = ANY (ARRAY(SELECT app.edited()))));
CREATE POLICY posts_change ON posts FOR UPDATE TO palestra_app
  USING (author_id = (SELECT app.uid()) OR (status <> 'DRAFT'
    AND ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())))));
CREATE POLICY posts_remove ON posts FOR DELETE TO palestra_app
  USING (author_id = (SELECT app.uid()) OR (status <> 'DRAFT'
    AND ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())))));
CREATE POLICY posts_work ON posts FOR SELECT TO palestra_worker USING (true);

-- Whether the caller wrote this or moderates where it stands. NULL where they may not see it.
CREATE FUNCTION app.governs_post(uuid) RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT author_id = (SELECT app.uid()) OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited()))
        FROM posts WHERE id = $1 $$;

ALTER TABLE post_images ENABLE ROW LEVEL SECURITY;
ALTER TABLE post_images FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON post_images TO palestra_app;
GRANT SELECT ON post_images TO palestra_worker;
CREATE POLICY post_images_read ON post_images FOR SELECT TO palestra_app
  USING ((SELECT p.status <> 'REMOVED' OR app.governs_post(p.id) FROM posts p WHERE p.id = post_id));
CREATE POLICY post_images_add ON post_images FOR INSERT TO palestra_app
  WITH CHECK ((SELECT p.author_id FROM posts p WHERE p.id = post_id) = (SELECT app.uid()));
CREATE POLICY post_images_remove ON post_images FOR DELETE TO palestra_app USING (app.governs_post(post_id));
CREATE POLICY post_images_collect ON post_images FOR SELECT TO palestra_worker USING (true);

-- Counters go with what they count: whoever may read it.
ALTER TABLE thread_counters ENABLE ROW LEVEL SECURITY;
ALTER TABLE thread_counters FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (last_number, comment_count, like_count, love_count, strong_count, fire_count, clap_count, laugh_count,
  score) ON thread_counters TO palestra_app;
GRANT SELECT ON thread_counters TO palestra_worker;
CREATE POLICY thread_counters_count ON thread_counters FOR ALL TO palestra_app
  USING (CASE WHEN lesson_id IS NULL THEN (SELECT true FROM posts p WHERE p.id = post_id)
    ELSE (SELECT true FROM lesson_bodies b WHERE b.lesson_id = thread_counters.lesson_id) END);
CREATE POLICY thread_counters_work ON thread_counters FOR SELECT TO palestra_worker USING (true);

ALTER TABLE comments ENABLE ROW LEVEL SECURITY;
ALTER TABLE comments FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (content, status, version, edited_at, updated_at) ON comments TO palestra_app;
GRANT SELECT ON comments TO palestra_worker;
CREATE POLICY comments_read ON comments FOR SELECT TO palestra_app
  USING (author_id = (SELECT app.uid()) OR CASE WHEN lesson_id IS NULL
    THEN (SELECT true FROM posts p WHERE p.id = post_id)
    ELSE (SELECT true FROM lesson_bodies b WHERE b.lesson_id = comments.lesson_id) END);
CREATE POLICY comments_add ON comments FOR INSERT TO palestra_app
  WITH CHECK (author_id = (SELECT app.uid()) AND CASE WHEN lesson_id IS NULL
    THEN (SELECT true FROM posts p WHERE p.id = post_id AND p.course_id IS NOT DISTINCT FROM comments.course_id)
    ELSE (SELECT true FROM lesson_bodies b WHERE b.lesson_id = comments.lesson_id) END);
CREATE POLICY comments_change ON comments FOR UPDATE TO palestra_app
  USING (author_id = (SELECT app.uid()) OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY comments_work ON comments FOR SELECT TO palestra_worker USING (true);

CREATE FUNCTION app.governs_comment(uuid) RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT author_id = (SELECT app.uid()) OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited()))
        FROM comments WHERE id = $1 $$;

ALTER TABLE comment_counters ENABLE ROW LEVEL SECURITY;
ALTER TABLE comment_counters FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (reply_count, like_count, love_count, strong_count, fire_count, clap_count, laugh_count, score)
  ON comment_counters TO palestra_app;
CREATE POLICY comment_counters_count ON comment_counters FOR ALL TO palestra_app
  USING ((SELECT true FROM comments c WHERE c.id = comment_id AND c.branch_id = comment_counters.branch_id));

-- One's own reactions; of others' only the counters tell.
ALTER TABLE reactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE reactions FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON reactions TO palestra_app;
CREATE POLICY reactions_own ON reactions FOR SELECT TO palestra_app USING (user_id = (SELECT app.uid()));
CREATE POLICY reactions_add ON reactions FOR INSERT TO palestra_app
  WITH CHECK (user_id = (SELECT app.uid()) AND CASE WHEN comment_id IS NULL
    THEN (SELECT true FROM posts p WHERE p.id = post_id) ELSE (SELECT true FROM comments c WHERE c.id = comment_id) END);
CREATE POLICY reactions_remove ON reactions FOR DELETE TO palestra_app USING (user_id = (SELECT app.uid()));

ALTER TABLE mentions ENABLE ROW LEVEL SECURITY;
ALTER TABLE mentions FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON mentions TO palestra_app;
GRANT SELECT ON mentions TO palestra_worker;
CREATE POLICY mentions_govern ON mentions FOR ALL TO palestra_app
  USING (CASE WHEN comment_id IS NULL THEN app.governs_post(post_id) ELSE app.governs_comment(comment_id) END);
CREATE POLICY mentions_work ON mentions FOR SELECT TO palestra_worker USING (true);

-- The rules hold for everybody, so that everybody's requests read them; what they say is shown to those who make them.
ALTER TABLE community_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE community_settings FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (posting, commenting, slow_mode_seconds, minimum_account_age_seconds, links, words, version, updated_at)
  ON community_settings TO palestra_app;
GRANT SELECT ON community_settings TO palestra_worker;
CREATE POLICY community_settings_read ON community_settings FOR SELECT TO palestra_app, palestra_worker USING (true);
CREATE POLICY community_settings_add ON community_settings FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY community_settings_change ON community_settings FOR UPDATE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));

ALTER TABLE community_writers ENABLE ROW LEVEL SECURITY;
ALTER TABLE community_writers FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (wrote_at) ON community_writers TO palestra_app;
CREATE POLICY community_writers_own ON community_writers FOR ALL TO palestra_app USING (user_id = (SELECT app.uid()));

ALTER TABLE mutes ENABLE ROW LEVEL SECURITY;
ALTER TABLE mutes FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (lifted_at, lifted_by) ON mutes TO palestra_app;
GRANT SELECT ON mutes TO palestra_worker;
CREATE POLICY mutes_read ON mutes FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY mutes_add ON mutes FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY mutes_change ON mutes FOR UPDATE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY mutes_work ON mutes FOR SELECT TO palestra_worker USING (true);

ALTER TABLE removed_contents ENABLE ROW LEVEL SECURITY;
ALTER TABLE removed_contents FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON removed_contents TO palestra_app;
CREATE POLICY removed_contents_read ON removed_contents FOR SELECT TO palestra_app
  USING (author_id = (SELECT app.uid()) OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY removed_contents_add ON removed_contents FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY removed_contents_drop ON removed_contents FOR DELETE TO palestra_app
  USING (author_id = (SELECT app.uid()) OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
