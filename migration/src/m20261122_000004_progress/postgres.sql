-- Rows are rewritten every few seconds while somebody watches: room on each page keeps that out of the indexes.
ALTER TABLE watches SET (fillfactor = 70);

-- Heartbeats of many people share one statement, so that the worker's role writes them; whose each is was read from their
-- tokens. Everybody reads their own, editors those of their courses; editors begin them anew.
ALTER TABLE watches ENABLE ROW LEVEL SECURITY;
ALTER TABLE watches FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE (version, ranges, spent, first_heard_at, last_heard_at, watched_seconds, watch_time_percent,
  position_seconds, positioned_at, session_id) ON watches TO palestra_app;
GRANT SELECT, INSERT, UPDATE ON watches TO palestra_worker;
CREATE POLICY watches_own ON watches FOR SELECT TO palestra_app USING (user_id = (SELECT app.uid()));
CREATE POLICY watches_teach ON watches FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY watches_gather ON watches FOR ALL TO palestra_worker USING (true);

-- Editors waive and reset.
CREATE POLICY lesson_progress_manage ON lesson_progress FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY chapter_progress_manage ON chapter_progress FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
-- They are looked through after an edit.
GRANT SELECT ON lesson_progress, chapter_progress TO palestra_worker;
CREATE POLICY lesson_progress_work ON lesson_progress FOR SELECT TO palestra_worker USING (true);
CREATE POLICY chapter_progress_work ON chapter_progress FOR SELECT TO palestra_worker USING (true);
-- Who learns with them.
CREATE POLICY enrollments_teach ON enrollments FOR SELECT TO palestra_app
  USING (course_id = ANY (ARRAY(SELECT app.edited())));

ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON jobs TO palestra_app;
GRANT SELECT, UPDATE ON jobs TO palestra_worker;
CREATE POLICY jobs_edit ON jobs FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY jobs_work ON jobs FOR ALL TO palestra_worker USING (true);
