-- What only PostgreSQL has: grants and row-level security. See the first migration for the rules.
--
-- Some of what a request has to do reaches beyond what its caller may see: who is in a conversation, whether two share a
-- course, telling somebody else of an event. Each such question or deed is one function below, which runs as the tables'
-- owner, asks about nobody but the caller, and answers with no more than it has to. The owner is held by row security like
-- everybody else, so that it has policies of its own here; no server ever connects as the owner.

-- Live events -----------------------------------------------------------------------------------------------------

ALTER TABLE live_cursors ENABLE ROW LEVEL SECURITY;
ALTER TABLE live_cursors FORCE ROW LEVEL SECURITY;
GRANT SELECT ON live_cursors TO palestra_app;
CREATE POLICY live_cursors_own ON live_cursors FOR SELECT TO palestra_app USING (user_id = (SELECT app.uid()));
CREATE POLICY live_cursors_owner ON live_cursors FOR ALL TO CURRENT_USER USING (true);

ALTER TABLE live_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE live_events FORCE ROW LEVEL SECURITY;
GRANT SELECT ON live_events TO palestra_app;
GRANT SELECT, DELETE ON live_events TO palestra_worker;
CREATE POLICY live_events_own ON live_events FOR SELECT TO palestra_app USING (user_id = (SELECT app.uid()));
CREATE POLICY live_events_work ON live_events FOR ALL TO palestra_worker USING (true);
CREATE POLICY live_events_owner ON live_events FOR ALL TO CURRENT_USER USING (true);

-- Rows are locked in the order of their ids, whoever tells whom.
CREATE FUNCTION app.tell(recipients uuid[], event text, payload jsonb) RETURNS void LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  WITH numbered AS (
    INSERT INTO live_cursors (user_id, last_number) SELECT DISTINCT r, 1 FROM unnest(recipients) r ORDER BY r
    ON CONFLICT (user_id) DO UPDATE SET last_number = live_cursors.last_number + 1
    RETURNING user_id, last_number)
  INSERT INTO live_events (user_id, number, kind, data, created_at)
    SELECT user_id, last_number, event, payload, app.now() FROM numbered $$;

ALTER TABLE live_tickets ENABLE ROW LEVEL SECURITY;
ALTER TABLE live_tickets FORCE ROW LEVEL SECURITY;
GRANT INSERT ON live_tickets TO palestra_app;
GRANT SELECT, DELETE ON live_tickets TO palestra_auth, palestra_worker;
CREATE POLICY live_tickets_make ON live_tickets FOR INSERT TO palestra_app WITH CHECK (user_id = (SELECT app.uid()));
CREATE POLICY live_tickets_take ON live_tickets FOR ALL TO palestra_auth, palestra_worker USING (true);

-- Whether what is open may stay open.
GRANT SELECT (id, user_id, expires_at, revoked_at) ON sessions TO palestra_worker;
CREATE POLICY sessions_watch ON sessions FOR SELECT TO palestra_worker USING (true);

-- Who may write to whom -------------------------------------------------------------------------------------------

-- Those that concern the caller, either way; which way it is, the use cases keep to themselves.
ALTER TABLE blocks ENABLE ROW LEVEL SECURITY;
ALTER TABLE blocks FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON blocks TO palestra_app;
GRANT SELECT ON blocks TO palestra_worker;
CREATE POLICY blocks_read ON blocks FOR SELECT TO palestra_app
  USING (blocker_id = (SELECT app.uid()) OR blocked_id = (SELECT app.uid()));
CREATE POLICY blocks_add ON blocks FOR INSERT TO palestra_app WITH CHECK (blocker_id = (SELECT app.uid()));
CREATE POLICY blocks_remove ON blocks FOR DELETE TO palestra_app USING (blocker_id = (SELECT app.uid()));
CREATE POLICY blocks_work ON blocks FOR SELECT TO palestra_worker USING (true);
CREATE POLICY blocks_owner ON blocks FOR SELECT TO CURRENT_USER USING (true);

-- Whoever wants to write looks what the other lets them.
ALTER TABLE message_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE message_preferences FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (messages_from, version, updated_at) ON message_preferences TO palestra_app;
CREATE POLICY message_preferences_read ON message_preferences FOR SELECT TO palestra_app USING (true);
CREATE POLICY message_preferences_add ON message_preferences FOR INSERT TO palestra_app
  WITH CHECK (user_id = (SELECT app.uid()));
CREATE POLICY message_preferences_change ON message_preferences FOR UPDATE TO palestra_app
  USING (user_id = (SELECT app.uid()));

-- Whether the caller and somebody else have access to one course, or teach it.
CREATE POLICY grants_owner ON grants FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY courses_owner ON courses FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY course_editors_owner ON course_editors FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION app.shares_course(other uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (
    SELECT course_id FROM (
      SELECT course_id FROM grants WHERE user_id = (SELECT app.uid()) AND status = 'ACTIVE'
        AND starts_at <= (SELECT app.now()) AND (ends_at IS NULL OR ends_at > (SELECT app.now()))
      UNION ALL SELECT id FROM courses WHERE author_id = (SELECT app.uid())
      UNION ALL SELECT course_id FROM course_editors WHERE user_id = (SELECT app.uid())) mine
    INTERSECT SELECT course_id FROM (
      SELECT course_id FROM grants WHERE user_id = other AND status = 'ACTIVE'
        AND starts_at <= (SELECT app.now()) AND (ends_at IS NULL OR ends_at > (SELECT app.now()))
      UNION ALL SELECT id FROM courses WHERE author_id = other
      UNION ALL SELECT course_id FROM course_editors WHERE user_id = other) theirs) $$;

-- Conversations ---------------------------------------------------------------------------------------------------

-- Where the caller is a member. What they open in this very transaction, whose first member is not there yet, the policies
-- know by who opened it and when.
CREATE FUNCTION app.conversations() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  SELECT conversation_id FROM conversation_members WHERE user_id = (SELECT app.uid()) AND left_at IS NULL $$;
-- The groups that the caller may change.
CREATE FUNCTION app.owned_conversations() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  SELECT conversation_id FROM conversation_members
    WHERE user_id = (SELECT app.uid()) AND left_at IS NULL AND is_owner $$;

ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversations FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (title, last_number, version, updated_at) ON conversations TO palestra_app;
GRANT SELECT ON conversations TO palestra_worker;
CREATE POLICY conversations_read ON conversations FOR SELECT TO palestra_app
  USING (id = ANY (ARRAY(SELECT app.conversations()))
    OR (created_by = (SELECT app.uid()) AND created_at = (SELECT app.now())));
CREATE POLICY conversations_open ON conversations FOR INSERT TO palestra_app WITH CHECK (created_by = (SELECT app.uid()));
CREATE POLICY conversations_change ON conversations FOR UPDATE TO palestra_app
  USING (id = ANY (ARRAY(SELECT app.conversations())));
CREATE POLICY conversations_work ON conversations FOR SELECT TO palestra_worker USING (true);

ALTER TABLE conversation_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversation_members FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (is_owner, joined_at, joined_number, left_at, read_number, active_at)
  ON conversation_members TO palestra_app;
GRANT SELECT ON conversation_members TO palestra_worker;
CREATE POLICY conversation_members_read ON conversation_members FOR SELECT TO palestra_app
  USING (user_id = (SELECT app.uid()) OR conversation_id = ANY (ARRAY(SELECT app.conversations()))
    OR conversation_id = ANY (ARRAY(SELECT c.id FROM conversations c
      WHERE c.created_by = (SELECT app.uid()) AND c.created_at = (SELECT app.now()))));
CREATE POLICY conversation_members_add ON conversation_members FOR INSERT TO palestra_app
  WITH CHECK (conversation_id = ANY (ARRAY(SELECT app.owned_conversations()))
    OR conversation_id = ANY (ARRAY(SELECT c.id FROM conversations c
      WHERE c.created_by = (SELECT app.uid()) AND c.created_at = (SELECT app.now()))));
CREATE POLICY conversation_members_change ON conversation_members FOR UPDATE TO palestra_app
  USING (user_id = (SELECT app.uid()) OR conversation_id = ANY (ARRAY(SELECT app.owned_conversations())));
CREATE POLICY conversation_members_work ON conversation_members FOR SELECT TO palestra_worker USING (true);
CREATE POLICY conversation_members_owner ON conversation_members FOR ALL TO CURRENT_USER USING (true);

-- Brings a conversation to the top of its members' lists.
CREATE FUNCTION app.stir(conversation uuid) RETURNS void LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  UPDATE conversation_members SET active_at = app.now()
    WHERE conversation_id = conversation AND left_at IS NULL AND conversation IN (SELECT app.conversations()) $$;
-- Whether a member of this conversation of the caller's and somebody else have blocked one another.
CREATE FUNCTION app.is_blocked_in(conversation uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (SELECT 1 FROM conversation_members m JOIN blocks b
    ON (b.blocker_id = m.user_id AND b.blocked_id = other) OR (b.blocker_id = other AND b.blocked_id = m.user_id)
    WHERE m.conversation_id = conversation AND m.left_at IS NULL AND conversation IN (SELECT app.conversations())) $$;

-- The members' own, and nobody else's: no admin reads along.
ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (content, edited_at, deleted_at, version) ON messages TO palestra_app;
-- Without what they say.
GRANT SELECT (id, conversation_id, number, sender_id, created_at, deleted_at, removed_at) ON messages TO palestra_worker;
CREATE POLICY messages_read ON messages FOR SELECT TO palestra_app
  USING (conversation_id = ANY (ARRAY(SELECT app.conversations())));
CREATE POLICY messages_send ON messages FOR INSERT TO palestra_app
  WITH CHECK (sender_id = (SELECT app.uid()) AND conversation_id = ANY (ARRAY(SELECT app.conversations())));
CREATE POLICY messages_change ON messages FOR UPDATE TO palestra_app
  USING (sender_id = (SELECT app.uid()) AND conversation_id = ANY (ARRAY(SELECT app.conversations())));
CREATE POLICY messages_work ON messages FOR SELECT TO palestra_worker USING (true);
CREATE POLICY messages_owner ON messages FOR ALL TO CURRENT_USER USING (true);

-- What a moderator takes away, or gives back.
CREATE FUNCTION app.remove_message(message uuid, removed timestamptz) RETURNS TABLE (conversation_id uuid, number bigint)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  UPDATE messages SET removed_at = removed, version = version + 1
    WHERE id = message AND (removed_at IS NULL) <> (removed IS NULL) AND (SELECT app.is_admin())
    RETURNING messages.conversation_id, messages.number $$;

ALTER TABLE conversation_reads ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversation_reads FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON conversation_reads TO palestra_app;
CREATE POLICY conversation_reads_read ON conversation_reads FOR SELECT TO palestra_app
  USING (conversation_id = ANY (ARRAY(SELECT app.conversations())));
CREATE POLICY conversation_reads_add ON conversation_reads FOR INSERT TO palestra_app
  WITH CHECK (user_id = (SELECT app.uid()) AND conversation_id = ANY (ARRAY(SELECT app.conversations())));

-- None of these is for anybody who has not logged in as one of ours.
REVOKE ALL ON FUNCTION app.tell(uuid[], text, jsonb), app.shares_course(uuid), app.conversations(),
  app.owned_conversations(), app.stir(uuid), app.is_blocked_in(uuid, uuid), app.remove_message(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.tell(uuid[], text, jsonb) TO palestra_app, palestra_auth, palestra_worker;
GRANT EXECUTE ON FUNCTION app.shares_course(uuid), app.conversations(), app.owned_conversations(), app.stir(uuid),
  app.is_blocked_in(uuid, uuid), app.remove_message(uuid, timestamptz) TO palestra_app;
