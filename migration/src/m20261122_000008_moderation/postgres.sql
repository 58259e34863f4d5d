-- What only PostgreSQL has: grants and row-level security. See the first migration for the rules.

-- The readers are those of the course; its editors write. Whom it has reached the worker knows.
ALTER TABLE announcements ENABLE ROW LEVEL SECURITY;
ALTER TABLE announcements FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON announcements TO palestra_app;
GRANT SELECT, UPDATE (reached_id, told_count, finished_at) ON announcements TO palestra_worker;
CREATE POLICY announcements_read ON announcements FOR SELECT TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited()))
    OR course_id = ANY (ARRAY(SELECT g.course_id FROM grants g WHERE g.user_id = (SELECT app.uid()) AND g.status = 'ACTIVE'
      AND g.starts_at <= (SELECT app.now()) AND (g.ends_at IS NULL OR g.ends_at > (SELECT app.now())))));
CREATE POLICY announcements_write ON announcements FOR INSERT TO palestra_app
  WITH CHECK (author_id = (SELECT app.uid())
    AND ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited()))));
CREATE POLICY announcements_work ON announcements FOR ALL TO palestra_worker USING (true);

-- One's own, not an admin's either. The worker writes them, the reader says what is read.
ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE notifications FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE (read_at, mailed_at) ON notifications TO palestra_app;
GRANT SELECT, INSERT, DELETE ON notifications TO palestra_worker;
CREATE POLICY notifications_own ON notifications FOR ALL TO palestra_app USING (user_id = (SELECT app.uid()));
CREATE POLICY notifications_work ON notifications FOR ALL TO palestra_worker USING (true);

ALTER TABLE notification_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_preferences FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON notification_preferences TO palestra_app;
GRANT SELECT ON notification_preferences TO palestra_worker;
CREATE POLICY notification_preferences_own ON notification_preferences FOR ALL TO palestra_app
  USING (user_id = (SELECT app.uid()));
CREATE POLICY notification_preferences_work ON notification_preferences FOR SELECT TO palestra_worker USING (true);

-- One's own, and those that one decides: an admin all, editors those of their courses, but never one about themselves.
-- The auth role suspends, in the transaction of the decision.
ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE reports FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (status, action, removed, muted_until, decided_by, decided_at, decision_note, version)
  ON reports TO palestra_app;
GRANT SELECT, UPDATE (status, action, removed, muted_until, decided_by, decided_at, decision_note, version)
  ON reports TO palestra_auth;
GRANT SELECT ON reports TO palestra_worker;
CREATE POLICY reports_read ON reports FOR SELECT TO palestra_app
  USING (reporter_id = (SELECT app.uid()) OR (SELECT app.is_admin())
    OR (author_id <> (SELECT app.uid()) AND course_id = ANY (ARRAY(SELECT app.edited()))));
CREATE POLICY reports_make ON reports FOR INSERT TO palestra_app
  WITH CHECK (reporter_id = (SELECT app.uid()) AND status = 'OPEN');
CREATE POLICY reports_decide ON reports FOR UPDATE TO palestra_app
  USING ((SELECT app.is_admin()) OR (author_id <> (SELECT app.uid()) AND course_id = ANY (ARRAY(SELECT app.edited()))))
  WITH CHECK ((SELECT app.is_admin()) OR decided_by = (SELECT app.uid()));
CREATE POLICY reports_auth ON reports FOR ALL TO palestra_auth USING ((SELECT app.is_admin()));
CREATE POLICY reports_work ON reports FOR SELECT TO palestra_worker USING (true);

ALTER TABLE moderation_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE moderation_log FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON moderation_log TO palestra_app;
GRANT INSERT ON moderation_log TO palestra_auth;
CREATE POLICY moderation_log_read ON moderation_log FOR SELECT TO palestra_app
  USING ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited())));
CREATE POLICY moderation_log_write ON moderation_log FOR INSERT TO palestra_app
  WITH CHECK (moderator_id = (SELECT app.uid())
    AND ((SELECT app.is_admin()) OR course_id = ANY (ARRAY(SELECT app.edited()))));
CREATE POLICY moderation_log_auth ON moderation_log FOR INSERT TO palestra_auth
  WITH CHECK (moderator_id = (SELECT app.uid()) AND (SELECT app.is_admin()));
