-- Live events -----------------------------------------------------------------------------------------------------

-- The number of the last event that somebody was told. Whoever tells them another holds this row until the end of their
-- transaction, so that the order of the numbers is the order of the commits, and none is left out.
CREATE TABLE live_cursors (
  user_id {uuid} NOT NULL CONSTRAINT pk_live_cursors PRIMARY KEY
    CONSTRAINT fk_live_cursors_user_id REFERENCES users (id),
  last_number bigint NOT NULL CONSTRAINT ck_live_cursors_last_number CHECK (last_number >= 1)
);

-- What somebody was told: a kind and ids, no content. Kept for some days, for whoever was away.
CREATE TABLE live_events (
  user_id {uuid} NOT NULL,
  number bigint NOT NULL,
  kind text NOT NULL,
  data {json} NOT NULL,
  created_at {time} NOT NULL,
  CONSTRAINT pk_live_events PRIMARY KEY (user_id, number)
);
CREATE INDEX ix_live_events_created_at ON live_events (created_at);

-- What opens a stream once where no header can be set.
CREATE TABLE live_tickets (
  token_hash {bytes} NOT NULL CONSTRAINT pk_live_tickets PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_live_tickets_user_id REFERENCES users (id),
  session_id {uuid} NOT NULL CONSTRAINT fk_live_tickets_session_id REFERENCES sessions (id) ON DELETE CASCADE,
  expires_at {time} NOT NULL
);
CREATE INDEX ix_live_tickets_expires_at ON live_tickets (expires_at);
CREATE INDEX ix_live_tickets_session_id ON live_tickets (session_id);

-- Who may write to whom -------------------------------------------------------------------------------------------

CREATE TABLE blocks (
  blocker_id {uuid} NOT NULL CONSTRAINT fk_blocks_blocker_id REFERENCES users (id),
  blocked_id {uuid} NOT NULL CONSTRAINT fk_blocks_blocked_id REFERENCES users (id),
  created_at {time} NOT NULL,
  CONSTRAINT pk_blocks PRIMARY KEY (blocker_id, blocked_id),
  CONSTRAINT ck_blocks_oneself CHECK (blocker_id <> blocked_id)
);
CREATE INDEX ix_blocks_blocked_id ON blocks (blocked_id, blocker_id);
CREATE INDEX ix_blocks_blocker_id ON blocks (blocker_id, created_at, blocked_id);

-- Whoever never said so has no row: the school's default holds for them.
CREATE TABLE message_preferences (
  user_id {uuid} NOT NULL CONSTRAINT pk_message_preferences PRIMARY KEY
    CONSTRAINT fk_message_preferences_user_id REFERENCES users (id),
  messages_from text NOT NULL CONSTRAINT ck_message_preferences_messages_from
    CHECK (messages_from IN ('EVERYONE', 'SHARED', 'NOBODY')),
  version bigint NOT NULL,
  updated_at {time} NOT NULL
);

-- Conversations ---------------------------------------------------------------------------------------------------

CREATE TABLE conversations (
  id {uuid} NOT NULL CONSTRAINT pk_conversations PRIMARY KEY,
  kind text NOT NULL CONSTRAINT ck_conversations_kind CHECK (kind IN ('DIRECT', 'GROUP')),
  -- A group's.
  title text,
  -- Of a direct one: its two, the lesser id first, so that there is one between them.
  low_user_id {uuid} CONSTRAINT fk_conversations_low_user_id REFERENCES users (id),
  high_user_id {uuid} CONSTRAINT fk_conversations_high_user_id REFERENCES users (id),
  created_by {uuid} NOT NULL CONSTRAINT fk_conversations_created_by REFERENCES users (id),
  -- The number of its last message; 0 before the first.
  last_number bigint NOT NULL,
  version bigint NOT NULL,
  created_at {time} NOT NULL,
  updated_at {time} NOT NULL,
  CONSTRAINT uq_conversations_low_user_id_high_user_id UNIQUE (low_user_id, high_user_id),
  CONSTRAINT ck_conversations_two CHECK ((kind = 'DIRECT') = (low_user_id IS NOT NULL)
    AND (kind = 'DIRECT') = (high_user_id IS NOT NULL)),
  CONSTRAINT ck_conversations_title CHECK ((kind = 'GROUP') = (title IS NOT NULL)),
  CONSTRAINT ck_conversations_last_number CHECK (last_number >= 0)
);
-- How many somebody opened lately.
CREATE INDEX ix_conversations_created_by ON conversations (created_by, created_at);

CREATE TABLE conversation_members (
  conversation_id {uuid} NOT NULL CONSTRAINT fk_conversation_members_conversation_id REFERENCES conversations (id),
  user_id {uuid} NOT NULL CONSTRAINT fk_conversation_members_user_id REFERENCES users (id),
  -- Of a group: names it, adds and removes.
  is_owner {bool} NOT NULL,
  joined_at {time} NOT NULL,
  -- Messages up to this number were before their time.
  joined_number bigint NOT NULL,
  left_at {time},
  -- Up to which number they have read.
  read_number bigint NOT NULL,
  -- When it last stirred: where it stands in this member's list. NULL: it is not there yet.
  active_at {time},
  CONSTRAINT pk_conversation_members PRIMARY KEY (conversation_id, user_id),
  CONSTRAINT ck_conversation_members_numbers CHECK (joined_number >= 0 AND read_number >= joined_number)
);
CREATE INDEX ix_conversation_members_user_id ON conversation_members (user_id, active_at, conversation_id)
  WHERE left_at IS NULL;

CREATE TABLE messages (
  id {uuid} NOT NULL CONSTRAINT pk_messages PRIMARY KEY,
  conversation_id {uuid} NOT NULL,
  -- 1, 2, 3, … in its conversation, without gaps.
  number bigint NOT NULL CONSTRAINT ck_messages_number CHECK (number >= 1),
  sender_id {uuid} NOT NULL,
  -- The sender's own name for it: sent again, it is the same message.
  client_message_id {uuid} NOT NULL,
  -- NULL where it was deleted for all: nothing is left of it.
  content text,
  edited_at {time},
  deleted_at {time},
  -- When a moderator took it away.
  removed_at {time},
  version bigint NOT NULL,
  created_at {time} NOT NULL,
  CONSTRAINT uq_messages_conversation_id_number UNIQUE (conversation_id, number),
  CONSTRAINT uq_messages_conversation_id_sender_id_client_message_id UNIQUE (conversation_id, sender_id, client_message_id),
  -- Nobody who never was a member has written.
  CONSTRAINT fk_messages_sender FOREIGN KEY (conversation_id, sender_id)
    REFERENCES conversation_members (conversation_id, user_id),
  CONSTRAINT ck_messages_deleted CHECK ((content IS NULL) = (deleted_at IS NOT NULL))
);
CREATE INDEX ix_messages_sender_id ON messages (sender_id, created_at);

-- How far somebody had read in a direct conversation, and since when: of each message, when it was read.
CREATE TABLE conversation_reads (
  conversation_id {uuid} NOT NULL,
  user_id {uuid} NOT NULL,
  number bigint NOT NULL,
  read_at {time} NOT NULL,
  CONSTRAINT pk_conversation_reads PRIMARY KEY (conversation_id, user_id, number),
  CONSTRAINT fk_conversation_reads_member FOREIGN KEY (conversation_id, user_id)
    REFERENCES conversation_members (conversation_id, user_id)
);
