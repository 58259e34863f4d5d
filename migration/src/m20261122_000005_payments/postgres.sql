-- What only PostgreSQL has: grants and row-level security. See the first migration for the rules.
--
-- Money, and the access that follows it, is written by the worker's role alone. What a request asks for it checks itself, and
-- then does it in that role; its own role can only look.

ALTER TABLE grant_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE grant_events FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON grant_events TO palestra_app, palestra_worker;
CREATE POLICY grant_events_read ON grant_events FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR (SELECT app.is_admin())
    OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))));
-- In one's own name, and nothing but what the grant now is: who may change a grant, the policies of `grants` say.
CREATE POLICY grant_events_write ON grant_events FOR INSERT TO palestra_app
  WITH CHECK (actor_id IS NOT DISTINCT FROM (SELECT app.uid()) AND EXISTS (SELECT 1 FROM grants g WHERE g.id = grant_id
    AND g.user_id = grant_events.user_id AND g.course_id = grant_events.course_id AND g.source IN ('FREE', 'MANUAL')
    AND g.status = grant_events.status AND g.starts_at = grant_events.starts_at
    AND g.ends_at IS NOT DISTINCT FROM grant_events.ends_at AND g.status_reason IS NOT DISTINCT FROM grant_events.reason));
CREATE POLICY grant_events_work ON grant_events FOR ALL TO palestra_worker USING (true);

GRANT SELECT, INSERT, UPDATE (status, ends_at, status_reason, status_changed_at) ON grants TO palestra_worker;
CREATE POLICY grants_work ON grants FOR ALL TO palestra_worker USING (true);
GRANT SELECT, INSERT ON enrollments TO palestra_worker;
CREATE POLICY enrollments_work ON enrollments FOR INSERT TO palestra_worker WITH CHECK (true);
GRANT SELECT, DELETE ON wishlists TO palestra_worker;
CREATE POLICY wishlists_work ON wishlists FOR ALL TO palestra_worker USING (true);
GRANT INSERT ON idempotency_keys TO palestra_worker;
GRANT INSERT ON audit_log TO palestra_worker;
CREATE POLICY audit_log_work ON audit_log FOR INSERT TO palestra_worker WITH CHECK (true);

-- The owner's own coupons. Whoever buys names one by its code: the worker's role looks it up and counts it.
ALTER TABLE coupons ENABLE ROW LEVEL SECURITY;
ALTER TABLE coupons FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE, UPDATE (scope, percent_off, amount_off, currency, is_active, starts_at, ends_at,
  max_redemptions, max_per_user, version, updated_at) ON coupons TO palestra_app;
GRANT SELECT, UPDATE (redemption_count) ON coupons TO palestra_worker;
CREATE POLICY coupons_own ON coupons FOR ALL TO palestra_app
  USING (owner_id = (SELECT app.uid()) OR (SELECT app.is_admin()))
  WITH CHECK ((owner_id = (SELECT app.uid()) AND scope <> 'ALL') OR (SELECT app.is_admin()));
CREATE POLICY coupons_work ON coupons FOR ALL TO palestra_worker USING (true);

ALTER TABLE coupon_courses ENABLE ROW LEVEL SECURITY;
ALTER TABLE coupon_courses FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON coupon_courses TO palestra_app;
GRANT SELECT ON coupon_courses TO palestra_worker;
CREATE POLICY coupon_courses_own ON coupon_courses FOR ALL TO palestra_app
  USING ((SELECT app.is_admin()) OR coupon_id = ANY (ARRAY(SELECT id FROM coupons WHERE owner_id = (SELECT app.uid()))))
  WITH CHECK ((SELECT app.is_admin()) OR (coupon_id = ANY (ARRAY(SELECT id FROM coupons WHERE owner_id = (SELECT app.uid())))
    AND course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid())))));
CREATE POLICY coupon_courses_work ON coupon_courses FOR SELECT TO palestra_worker USING (true);

ALTER TABLE coupon_redemptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE coupon_redemptions FORCE ROW LEVEL SECURITY;
GRANT SELECT ON coupon_redemptions TO palestra_app;
GRANT SELECT, INSERT, UPDATE (status, updated_at) ON coupon_redemptions TO palestra_worker;
CREATE POLICY coupon_redemptions_read ON coupon_redemptions FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR (SELECT app.is_admin())
    OR coupon_id = ANY (ARRAY(SELECT id FROM coupons WHERE owner_id = (SELECT app.uid()))));
CREATE POLICY coupon_redemptions_work ON coupon_redemptions FOR ALL TO palestra_worker USING (true);

ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE customers FORCE ROW LEVEL SECURITY;
GRANT SELECT ON customers TO palestra_app;
GRANT SELECT, INSERT, UPDATE (provider_customer_id, updated_at) ON customers TO palestra_worker;
CREATE POLICY customers_read ON customers FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
CREATE POLICY customers_work ON customers FOR ALL TO palestra_worker USING (true);

-- The buyer, the seller and admins.
ALTER TABLE payments ENABLE ROW LEVEL SECURITY;
ALTER TABLE payments FORCE ROW LEVEL SECURITY;
GRANT SELECT ON payments TO palestra_app;
GRANT SELECT, INSERT, UPDATE ON payments TO palestra_worker;
CREATE POLICY payments_read ON payments FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR author_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
CREATE POLICY payments_work ON payments FOR ALL TO palestra_worker USING (true);

ALTER TABLE purchases ENABLE ROW LEVEL SECURITY;
ALTER TABLE purchases FORCE ROW LEVEL SECURITY;
GRANT SELECT ON purchases TO palestra_app;
GRANT SELECT, INSERT, UPDATE (ended_at, updated_at) ON purchases TO palestra_worker;
CREATE POLICY purchases_read ON purchases FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR author_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
CREATE POLICY purchases_work ON purchases FOR ALL TO palestra_worker USING (true);

ALTER TABLE refunds ENABLE ROW LEVEL SECURITY;
ALTER TABLE refunds FORCE ROW LEVEL SECURITY;
GRANT SELECT ON refunds TO palestra_app;
GRANT SELECT, INSERT, UPDATE (status, provider_refund_id, failure_code, updated_at) ON refunds TO palestra_worker;
CREATE POLICY refunds_read ON refunds FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR author_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
CREATE POLICY refunds_work ON refunds FOR ALL TO palestra_worker USING (true);

ALTER TABLE disputes ENABLE ROW LEVEL SECURITY;
ALTER TABLE disputes FORCE ROW LEVEL SECURITY;
GRANT SELECT ON disputes TO palestra_app;
GRANT SELECT, INSERT, UPDATE (status, amount, reason, updated_at) ON disputes TO palestra_worker;
CREATE POLICY disputes_read ON disputes FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR author_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
CREATE POLICY disputes_work ON disputes FOR ALL TO palestra_worker USING (true);

ALTER TABLE receipt_numbers ENABLE ROW LEVEL SECURITY;
ALTER TABLE receipt_numbers FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (last_number) ON receipt_numbers TO palestra_worker;
CREATE POLICY receipt_numbers_work ON receipt_numbers FOR ALL TO palestra_worker USING (true);

ALTER TABLE receipts ENABLE ROW LEVEL SECURITY;
ALTER TABLE receipts FORCE ROW LEVEL SECURITY;
GRANT SELECT ON receipts TO palestra_app;
GRANT SELECT, INSERT ON receipts TO palestra_worker;
CREATE POLICY receipts_read ON receipts FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR issuer_id = (SELECT app.uid()) OR (SELECT app.is_admin()));
CREATE POLICY receipts_work ON receipts FOR ALL TO palestra_worker USING (true);
