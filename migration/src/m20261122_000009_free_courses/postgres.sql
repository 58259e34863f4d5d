-- Row-level security on PostgreSQL only.
--
-- A course whose discounted price is nothing is free as well: whoever enrols pays what it costs now.
DROP POLICY grants_enrol ON grants;
CREATE POLICY grants_enrol ON grants FOR INSERT TO palestra_app
  WITH CHECK ((user_id = (SELECT app.uid()) AND source = 'FREE' AND EXISTS (
      SELECT 1 FROM courses WHERE id = course_id AND is_published
        AND coalesce(discount_price_amount, price_amount, 0) = 0))
    OR (source = 'MANUAL' AND ((SELECT app.is_admin())
      OR course_id = ANY (ARRAY(SELECT id FROM courses WHERE author_id = (SELECT app.uid()))))));
