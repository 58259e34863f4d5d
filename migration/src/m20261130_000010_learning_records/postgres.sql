-- A record refuses the deletion of what it is about: it used to be deleted along.
ALTER TABLE lesson_progress
  DROP CONSTRAINT fk_lesson_progress_lesson_id,
  ADD CONSTRAINT fk_lesson_progress_lesson_id FOREIGN KEY (lesson_id) REFERENCES lessons (id);
ALTER TABLE chapter_progress
  DROP CONSTRAINT fk_chapter_progress_chapter_id,
  ADD CONSTRAINT fk_chapter_progress_chapter_id FOREIGN KEY (chapter_id) REFERENCES chapters (id);
ALTER TABLE watches
  DROP CONSTRAINT fk_watches_lesson,
  DROP CONSTRAINT fk_watches_chapter,
  ADD CONSTRAINT fk_watches_lesson FOREIGN KEY (course_id, lesson_id) REFERENCES lessons (course_id, id),
  ADD CONSTRAINT fk_watches_chapter FOREIGN KEY (course_id, chapter_id) REFERENCES chapters (course_id, id);

-- The worker makes the jobs that follow from an edit.
REVOKE INSERT ON jobs FROM palestra_app;
GRANT INSERT ON jobs TO palestra_worker;
