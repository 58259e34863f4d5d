-- The texts that are there.
CREATE TEMP TABLE named AS SELECT id, '/images/' || lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-'
  || substr(hex(id), 13, 4) || '-' || substr(hex(id), 17, 4) || '-' || substr(hex(id), 21)) AS path
  FROM files WHERE purpose = 'IMAGE' AND status = 'READY';
INSERT INTO text_pictures (id, file_id, user_id)
  SELECT randomblob(16), f.id, u.id FROM named f JOIN users u ON instr(u.avatar_url, f.path) > 0;
INSERT INTO text_pictures (id, file_id, course_id)
  SELECT randomblob(16), f.id, c.id FROM named f
  JOIN courses c ON instr(coalesce(c.content, '') || ' ' || coalesce(c.image_url, ''), f.path) > 0;
INSERT INTO text_pictures (id, file_id, course_id, chapter_id)
  SELECT randomblob(16), f.id, b.course_id, b.chapter_id FROM named f JOIN chapter_bodies b ON instr(b.content, f.path) > 0;
INSERT INTO text_pictures (id, file_id, course_id, lesson_id)
  SELECT randomblob(16), f.id, b.course_id, b.lesson_id FROM named f JOIN lesson_bodies b ON instr(b.content, f.path) > 0;
DROP TABLE named;
