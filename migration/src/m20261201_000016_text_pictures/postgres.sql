ALTER TABLE text_pictures ENABLE ROW LEVEL SECURITY;
ALTER TABLE text_pictures FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON text_pictures TO palestra_app;
GRANT SELECT ON text_pictures TO palestra_worker;
CREATE POLICY text_pictures_write ON text_pictures FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR user_id = (SELECT app.uid()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY text_pictures_collect ON text_pictures FOR SELECT TO palestra_worker USING (true);

-- Whoever knows the id of a picture sees it: a text may name another trainer's.
CREATE POLICY files_pictures ON files FOR SELECT TO palestra_app USING (purpose = 'IMAGE' AND status = 'READY');

-- The texts that are there.
INSERT INTO text_pictures (id, file_id, user_id)
  SELECT gen_random_uuid(), f.id, u.id FROM files f JOIN users u ON position('/images/' || f.id::text IN u.avatar_url) > 0
  WHERE f.purpose = 'IMAGE' AND f.status = 'READY';
INSERT INTO text_pictures (id, file_id, course_id)
  SELECT gen_random_uuid(), f.id, c.id FROM files f
  JOIN courses c ON position('/images/' || f.id::text IN concat(c.content, ' ', c.image_url)) > 0
  WHERE f.purpose = 'IMAGE' AND f.status = 'READY';
INSERT INTO text_pictures (id, file_id, course_id, chapter_id)
  SELECT gen_random_uuid(), f.id, b.course_id, b.chapter_id FROM files f
  JOIN chapter_bodies b ON position('/images/' || f.id::text IN b.content) > 0
  WHERE f.purpose = 'IMAGE' AND f.status = 'READY';
INSERT INTO text_pictures (id, file_id, course_id, lesson_id)
  SELECT gen_random_uuid(), f.id, b.course_id, b.lesson_id FROM files f
  JOIN lesson_bodies b ON position('/images/' || f.id::text IN b.content) > 0
  WHERE f.purpose = 'IMAGE' AND f.status = 'READY';
