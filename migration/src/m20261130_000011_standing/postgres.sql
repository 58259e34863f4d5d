-- Grants and row-level security. See the first migration for the rules.

-- Who asks, and what they may do now -------------------------------------------------------------------------------

-- The settings of a session say whom a server speaks for; what that account may do now, the database says itself. So a suspended
-- account is nobody to every policy, and somebody who has been demoted is no trainer and no admin, whatever a server remembers.
CREATE OR REPLACE FUNCTION app.uid() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
  DECLARE claimed uuid := nullif(current_setting('app.uid', true), '')::uuid;
  BEGIN
    IF claimed IS NULL THEN RETURN NULL; END IF;
    RETURN (SELECT u.id FROM public.users u WHERE u.id = claimed AND u.status = 'ACTIVE');
  END $$;

-- The caller, where they are a trainer or an admin now: the owner of what is theirs as a trainer.
CREATE FUNCTION app.trainer() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
  DECLARE claimed uuid := nullif(current_setting('app.uid', true), '')::uuid;
  BEGIN
    IF claimed IS NULL THEN RETURN NULL; END IF;
    RETURN (SELECT u.id FROM public.users u
      WHERE u.id = claimed AND u.status = 'ACTIVE' AND u.role IN ('TRAINER', 'ADMIN'));
  END $$;

-- Whoever speaks as an admin has to be one; Palestra itself has no account.
CREATE OR REPLACE FUNCTION app.is_admin() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
  DECLARE claimed text := coalesce(current_setting('app.role', true), '');
  BEGIN
    IF claimed = 'SYSTEM' THEN RETURN true; END IF;
    IF claimed <> 'ADMIN' THEN RETURN false; END IF;
    RETURN EXISTS (SELECT 1 FROM public.users u WHERE u.id = nullif(current_setting('app.uid', true), '')::uuid
      AND u.status = 'ACTIVE' AND u.role = 'ADMIN');
  END $$;

-- The functions that run as the tables' owner ask who asks, too.
CREATE POLICY users_owner ON users FOR SELECT TO CURRENT_USER USING (true);

-- The courses that the caller owns as a trainer, those that they may edit, and those to which they have, or had, access. As the owner of
-- the tables, since the policies of these tables ask for them; in PL/pgSQL, which plans its statements once for each connection.
CREATE FUNCTION app.authored() RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  DECLARE caller uuid := app.trainer();
  BEGIN
    IF caller IS NULL THEN RETURN; END IF;
    RETURN QUERY SELECT id FROM courses WHERE author_id = caller;
  END $$;
CREATE OR REPLACE FUNCTION app.edited() RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  DECLARE caller uuid := app.trainer();
  BEGIN
    IF caller IS NULL THEN RETURN; END IF;
    RETURN QUERY SELECT id FROM courses WHERE author_id = caller
      UNION ALL SELECT course_id FROM course_editors WHERE user_id = caller;
  END $$;
CREATE FUNCTION app.held() RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  DECLARE caller uuid := app.uid();
  BEGIN
    IF caller IS NULL THEN RETURN; END IF;
    RETURN QUERY SELECT course_id FROM grants WHERE user_id = caller;
  END $$;

-- Whether the caller and somebody else have access to one course, or teach it.
CREATE OR REPLACE FUNCTION app.shares_course(other uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (
    SELECT course_id FROM (
      SELECT course_id FROM grants WHERE user_id = (SELECT app.uid()) AND status = 'ACTIVE'
        AND starts_at <= (SELECT app.now()) AND (ends_at IS NULL OR ends_at > (SELECT app.now()))
      UNION ALL SELECT app.edited()) mine
    INTERSECT SELECT course_id FROM (
      SELECT course_id FROM grants WHERE user_id = other AND status = 'ACTIVE'
        AND starts_at <= (SELECT app.now()) AND (ends_at IS NULL OR ends_at > (SELECT app.now()))
      UNION ALL SELECT c.id FROM courses c JOIN users t ON t.id = c.author_id WHERE t.id = other AND t.role <> 'USER'
      UNION ALL SELECT e.course_id FROM course_editors e JOIN users t ON t.id = e.user_id
        WHERE t.id = other AND t.role <> 'USER') theirs) $$;

REVOKE ALL ON FUNCTION app.authored(), app.edited(), app.held() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.authored(), app.edited(), app.held() TO palestra_app;

-- Which mails went out is for the auth role, which composes them.
ALTER TABLE sent_mails ENABLE ROW LEVEL SECURITY;
ALTER TABLE sent_mails FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON sent_mails TO palestra_auth;
CREATE POLICY sent_mails_auth ON sent_mails FOR ALL TO palestra_auth USING (true);

-- The catalogue ----------------------------------------------------------------------------------------------------

-- A draft exists for whoever may edit it, and for whoever has, or had, access to the course. Whatever is published everybody reads.
DROP POLICY courses_read ON courses;
CREATE POLICY courses_read ON courses FOR SELECT TO palestra_app
  USING (is_published OR (SELECT app.is_admin()) OR id = ANY (ARRAY(SELECT app.edited()))
    OR id = ANY (ARRAY(SELECT app.held())));
CREATE POLICY courses_work ON courses FOR SELECT TO palestra_worker USING (true);
DROP POLICY courses_add ON courses;
CREATE POLICY courses_add ON courses FOR INSERT TO palestra_app
  WITH CHECK (author_id = (SELECT app.trainer()) OR (SELECT app.is_admin()));
DROP POLICY courses_remove ON courses;
CREATE POLICY courses_remove ON courses FOR DELETE TO palestra_app
  USING (author_id = (SELECT app.trainer()) OR (SELECT app.is_admin()));

-- The outline goes with its course: its row is asked for by a scalar subquery, whose own policy answers; one level, since a page of a
-- course reads a hundred rows. What most readers are let in by stands first, so that nothing else is asked for them; so reading has one
-- policy, and writing its own.
DROP POLICY chapters_read ON chapters;
CREATE POLICY chapters_read ON chapters FOR SELECT TO palestra_app
  USING ((is_published AND (SELECT true FROM courses k WHERE k.id = course_id))
    OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY chapters_work ON chapters FOR SELECT TO palestra_worker USING (true);
DROP POLICY chapters_write ON chapters;
CREATE POLICY chapters_add ON chapters FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY chapters_change ON chapters FOR UPDATE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY chapters_remove ON chapters FOR DELETE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
DROP POLICY lessons_read ON lessons;
CREATE POLICY lessons_read ON lessons FOR SELECT TO palestra_app
  USING ((is_published AND (SELECT true FROM courses k WHERE k.id = course_id))
    OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY lessons_work ON lessons FOR SELECT TO palestra_worker USING (true);
DROP POLICY lessons_write ON lessons;
CREATE POLICY lessons_add ON lessons FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY lessons_change ON lessons FOR UPDATE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY lessons_remove ON lessons FOR DELETE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));

-- A slug tells a title.
ALTER TABLE course_slugs ENABLE ROW LEVEL SECURITY;
ALTER TABLE course_slugs FORCE ROW LEVEL SECURITY;
REVOKE UPDATE, DELETE ON course_slugs FROM palestra_app;
CREATE POLICY course_slugs_read ON course_slugs FOR SELECT TO palestra_app
  USING ((SELECT true FROM courses k WHERE k.id = course_id));
CREATE POLICY course_slugs_add ON course_slugs FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY course_slugs_work ON course_slugs FOR SELECT TO palestra_worker USING (true);

-- Admins make the shelves, and editors put their courses on them.
ALTER TABLE categories ENABLE ROW LEVEL SECURITY;
ALTER TABLE categories FORCE ROW LEVEL SECURITY;
CREATE POLICY categories_read ON categories FOR SELECT TO palestra_app, palestra_worker USING (true);
CREATE POLICY categories_add ON categories FOR INSERT TO palestra_app WITH CHECK ((SELECT app.is_admin()));
CREATE POLICY categories_change ON categories FOR UPDATE TO palestra_app USING ((SELECT app.is_admin()));
CREATE POLICY categories_remove ON categories FOR DELETE TO palestra_app USING ((SELECT app.is_admin()));

ALTER TABLE course_categories ENABLE ROW LEVEL SECURITY;
ALTER TABLE course_categories FORCE ROW LEVEL SECURITY;
REVOKE UPDATE ON course_categories FROM palestra_app;
CREATE POLICY course_categories_read ON course_categories FOR SELECT TO palestra_app, palestra_worker USING (true);
CREATE POLICY course_categories_add ON course_categories FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY course_categories_remove ON course_categories FOR DELETE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));

-- The words of what is published. `USING (true)` leaves no condition before that of a search, so that its index is used.
ALTER TABLE catalogue_search ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue_search FORCE ROW LEVEL SECURITY;
CREATE POLICY catalogue_search_read ON catalogue_search FOR SELECT TO palestra_app USING (true);
CREATE POLICY catalogue_search_add ON catalogue_search FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY catalogue_search_change ON catalogue_search FOR UPDATE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY catalogue_search_remove ON catalogue_search FOR DELETE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY catalogue_search_work ON catalogue_search FOR ALL TO palestra_worker USING (true);

-- Spellings: whoever publishes adds them.
ALTER TABLE catalogue_terms ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalogue_terms FORCE ROW LEVEL SECURITY;
CREATE POLICY catalogue_terms_read ON catalogue_terms FOR SELECT TO palestra_app USING (true);
CREATE POLICY catalogue_terms_add ON catalogue_terms FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR (SELECT app.trainer()) IS NOT NULL);
CREATE POLICY catalogue_terms_work ON catalogue_terms FOR ALL TO palestra_worker USING (true);

DROP POLICY course_editors_add ON course_editors;
CREATE POLICY course_editors_add ON course_editors FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.authored())));
DROP POLICY course_editors_remove ON course_editors;
CREATE POLICY course_editors_remove ON course_editors FOR DELETE TO palestra_app
  USING ((SELECT app.is_admin()) OR user_id = (SELECT app.trainer()) OR course_id = ANY (ARRAY(SELECT app.authored())));

-- What is taught: whoever may edit it, holders of an active grant, and everybody where the chapter is a free preview. The functions
-- know a published lesson or chapter at once, without the policies of its parents.
CREATE FUNCTION app.attends(course uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  BEGIN
    RETURN EXISTS (SELECT 1 FROM grants WHERE user_id = app.uid() AND course_id = course AND status = 'ACTIVE'
      AND starts_at <= app.now() AND (ends_at IS NULL OR ends_at > app.now()));
  END $$;
CREATE FUNCTION app.reads_lesson(lesson uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  DECLARE of_course uuid; free boolean;
  BEGIN
    SELECT k.id, h.is_free INTO of_course, free
      FROM lessons l JOIN chapters h ON h.id = l.chapter_id JOIN courses k ON k.id = l.course_id
      WHERE l.id = lesson AND l.is_published AND h.is_published AND k.is_published;
    RETURN FOUND AND (free OR app.attends(of_course));
  END $$;
CREATE FUNCTION app.reads_chapter(chapter uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  DECLARE of_course uuid; free boolean;
  BEGIN
    SELECT k.id, h.is_free INTO of_course, free FROM chapters h JOIN courses k ON k.id = h.course_id
      WHERE h.id = chapter AND h.is_published AND k.is_published;
    RETURN FOUND AND (free OR app.attends(of_course));
  END $$;
CREATE POLICY lessons_owner ON lessons FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY chapters_owner ON chapters FOR SELECT TO CURRENT_USER USING (true);
REVOKE ALL ON FUNCTION app.attends(uuid), app.reads_lesson(uuid), app.reads_chapter(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.attends(uuid), app.reads_lesson(uuid), app.reads_chapter(uuid) TO palestra_app;

DROP POLICY lesson_bodies_read ON lesson_bodies;
DROP POLICY lesson_bodies_add ON lesson_bodies;
DROP POLICY lesson_bodies_change ON lesson_bodies;
DROP POLICY lesson_bodies_remove ON lesson_bodies;
DROP POLICY lesson_bodies_edit ON lesson_bodies;
CREATE POLICY lesson_bodies_read ON lesson_bodies FOR SELECT TO palestra_app
  USING (app.reads_lesson(lesson_id) OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY lesson_bodies_add ON lesson_bodies FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY lesson_bodies_change ON lesson_bodies FOR UPDATE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY lesson_bodies_remove ON lesson_bodies FOR DELETE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));

DROP POLICY chapter_bodies_read ON chapter_bodies;
DROP POLICY chapter_bodies_add ON chapter_bodies;
DROP POLICY chapter_bodies_change ON chapter_bodies;
DROP POLICY chapter_bodies_remove ON chapter_bodies;
DROP POLICY chapter_bodies_edit ON chapter_bodies;
CREATE POLICY chapter_bodies_read ON chapter_bodies FOR SELECT TO palestra_app
  USING (app.reads_chapter(chapter_id) OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY chapter_bodies_add ON chapter_bodies FOR INSERT TO palestra_app
  WITH CHECK ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY chapter_bodies_change ON chapter_bodies FOR UPDATE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY chapter_bodies_remove ON chapter_bodies FOR DELETE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));

-- Files and videos: a picture is a person's own, everything else a trainer's.
DROP POLICY files_own ON files;
CREATE POLICY files_own ON files FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR owner_id = (SELECT app.trainer()) OR (purpose = 'IMAGE' AND owner_id = (SELECT app.uid())));
DROP POLICY video_assets_own ON video_assets;
CREATE POLICY video_assets_own ON video_assets FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR owner_id = (SELECT app.trainer()));
DROP POLICY video_captions_own ON video_captions;
CREATE POLICY video_captions_own ON video_captions FOR ALL TO palestra_app
  USING ((SELECT app.is_admin())
    OR video_asset_id = ANY (ARRAY(SELECT id FROM video_assets WHERE owner_id = (SELECT app.trainer()))));

-- Access and money ---------------------------------------------------------------------------------------------------

DROP POLICY grants_read ON grants;
CREATE POLICY grants_read ON grants FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.authored())));
DROP POLICY grants_enrol ON grants;
CREATE POLICY grants_enrol ON grants FOR INSERT TO palestra_app
  WITH CHECK ((user_id = (SELECT app.uid()) AND source = 'FREE' AND EXISTS (
      SELECT 1 FROM courses WHERE id = course_id AND is_published
        AND coalesce(discount_price_amount, price_amount, 0) = 0))
    OR (source = 'MANUAL' AND ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.authored())))));
DROP POLICY grants_manage ON grants;
CREATE POLICY grants_manage ON grants FOR UPDATE TO palestra_app
  USING (source IN ('FREE', 'MANUAL')
    AND ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.authored()))));
DROP POLICY grant_events_read ON grant_events;
CREATE POLICY grant_events_read ON grant_events FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.authored())));

DROP POLICY enrollments_read ON enrollments;
CREATE POLICY enrollments_read ON enrollments FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
DROP POLICY enrollments_enrol ON enrollments;
CREATE POLICY enrollments_enrol ON enrollments FOR INSERT TO palestra_app
  WITH CHECK ((user_id = (SELECT app.uid())
      AND EXISTS (SELECT 1 FROM grants g WHERE g.user_id = enrollments.user_id AND g.course_id = enrollments.course_id))
    OR (SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.authored())));

DROP POLICY coupons_own ON coupons;
CREATE POLICY coupons_own ON coupons FOR ALL TO palestra_app
  USING (owner_id = (SELECT app.trainer()) OR (SELECT app.is_admin()))
  WITH CHECK ((owner_id = (SELECT app.trainer()) AND scope <> 'ALL') OR (SELECT app.is_admin()));
DROP POLICY coupon_courses_own ON coupon_courses;
CREATE POLICY coupon_courses_own ON coupon_courses FOR ALL TO palestra_app
  USING ((SELECT app.is_admin())
    OR coupon_id = ANY (ARRAY(SELECT id FROM coupons WHERE owner_id = (SELECT app.trainer()))))
  WITH CHECK ((SELECT app.is_admin())
    OR (coupon_id = ANY (ARRAY(SELECT id FROM coupons WHERE owner_id = (SELECT app.trainer())))
      AND course_id = ANY (ARRAY(SELECT app.authored()))));
DROP POLICY coupon_redemptions_read ON coupon_redemptions;
CREATE POLICY coupon_redemptions_read ON coupon_redemptions FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR (SELECT app.is_admin())
    OR coupon_id = ANY (ARRAY(SELECT id FROM coupons WHERE owner_id = (SELECT app.trainer()))));

-- The buyer, the seller as long as they are a trainer, and admins.
DROP POLICY payments_read ON payments;
CREATE POLICY payments_read ON payments FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR author_id = (SELECT app.trainer()) OR (SELECT app.is_admin()));
DROP POLICY purchases_read ON purchases;
CREATE POLICY purchases_read ON purchases FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR author_id = (SELECT app.trainer()) OR (SELECT app.is_admin()));
DROP POLICY refunds_read ON refunds;
CREATE POLICY refunds_read ON refunds FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR author_id = (SELECT app.trainer()) OR (SELECT app.is_admin()));
DROP POLICY disputes_read ON disputes;
CREATE POLICY disputes_read ON disputes FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR author_id = (SELECT app.trainer()) OR (SELECT app.is_admin()));
DROP POLICY receipts_read ON receipts;
CREATE POLICY receipts_read ON receipts FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR issuer_id = (SELECT app.trainer()) OR (SELECT app.is_admin()));

-- The community ----------------------------------------------------------------------------------------------------

-- What is refused is the editors' to read; those of a course without settings see the school's, which they begin with. Whoever writes is
-- told whether a word was among it.
ALTER TABLE community_words ENABLE ROW LEVEL SECURITY;
ALTER TABLE community_words FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (words) ON community_words TO palestra_app;
CREATE POLICY community_words_edit ON community_words FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY community_words_inherit ON community_words FOR SELECT TO palestra_app
  USING (course_id IS NULL AND (SELECT app.trainer()) IS NOT NULL);
CREATE POLICY community_words_owner ON community_words FOR SELECT TO CURRENT_USER USING (true);
-- For the check of what somebody writes, and for nothing else: a comparison that finds disguised words cannot be made in SQL.
CREATE FUNCTION app.refused_words(scope uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  SELECT words FROM community_words WHERE scope_id = scope AND (SELECT app.uid()) IS NOT NULL $$;

-- From whom somebody takes messages is their own to read. Whoever wants to write is told whether they may.
DROP POLICY message_preferences_read ON message_preferences;
CREATE POLICY message_preferences_read ON message_preferences FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()));
CREATE POLICY message_preferences_owner ON message_preferences FOR SELECT TO CURRENT_USER USING (true);
-- For the decision whether the caller may write to them.
CREATE FUNCTION app.messages_from(recipient uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  SELECT messages_from FROM message_preferences WHERE user_id = recipient AND (SELECT app.uid()) IS NOT NULL $$;

REVOKE ALL ON FUNCTION app.refused_words(uuid), app.messages_from(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.refused_words(uuid), app.messages_from(uuid) TO palestra_app;

-- Digests go on, and mails are turned off by their link, also while the account is suspended: the worker does both.
GRANT INSERT, UPDATE ON notification_preferences TO palestra_worker;
DROP POLICY notification_preferences_work ON notification_preferences;
CREATE POLICY notification_preferences_work ON notification_preferences FOR ALL TO palestra_worker USING (true);
