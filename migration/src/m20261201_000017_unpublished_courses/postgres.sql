-- What is taught in a course that was unpublished is read by holders of an active grant; its free previews are no longer everybody's.
CREATE OR REPLACE FUNCTION app.reads_lesson(lesson uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  DECLARE of_course uuid; free boolean;
  BEGIN
    SELECT k.id, h.is_free AND k.is_published INTO of_course, free
      FROM lessons l JOIN chapters h ON h.id = l.chapter_id JOIN courses k ON k.id = l.course_id
      WHERE l.id = lesson AND l.is_published AND h.is_published;
    RETURN FOUND AND (free OR app.attends(of_course));
  END $$;
CREATE OR REPLACE FUNCTION app.reads_chapter(chapter uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  DECLARE of_course uuid; free boolean;
  BEGIN
    SELECT k.id, h.is_free AND k.is_published INTO of_course, free FROM chapters h JOIN courses k ON k.id = h.course_id
      WHERE h.id = chapter AND h.is_published;
    RETURN FOUND AND (free OR app.attends(of_course));
  END $$;

-- The courses to which the caller has access by a grant.
CREATE OR REPLACE FUNCTION app.attended() RETURNS SETOF uuid LANGUAGE sql STABLE
  AS $$ SELECT g.course_id FROM grants g
        WHERE g.user_id = (SELECT app.uid()) AND g.status = 'ACTIVE' AND g.starts_at <= (SELECT app.now())
        AND (g.ends_at IS NULL OR g.ends_at > (SELECT app.now())) $$;
