-- Readings of many people share one statement, so that the worker's role writes them; what somebody marks they write themselves.
-- Everybody reads their own, editors those of their courses; editors begin them anew.
ALTER TABLE readings ENABLE ROW LEVEL SECURITY;
ALTER TABLE readings FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON readings TO palestra_app;
GRANT SELECT, INSERT ON readings TO palestra_worker;
CREATE POLICY readings_own ON readings FOR SELECT TO palestra_app USING (user_id = (SELECT app.uid()));
CREATE POLICY readings_write ON readings FOR INSERT TO palestra_app WITH CHECK (user_id = (SELECT app.uid()));
CREATE POLICY readings_teach ON readings FOR SELECT TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY readings_reset ON readings FOR DELETE TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY readings_work ON readings FOR ALL TO palestra_worker USING (true);

GRANT UPDATE (passes) ON watches TO palestra_app;
