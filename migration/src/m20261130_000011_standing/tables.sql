-- Somebody has what came with this refresh token: its access token was used. Its predecessor is good for nothing from then on.
ALTER TABLE refresh_tokens ADD COLUMN used_at {time};

-- The mails that a request can have sent to somebody, so that they are few.
CREATE TABLE sent_mails (
  -- The message of the outbox, so that a mail that is tried again is counted once.
  outbox_id bigint NOT NULL CONSTRAINT pk_sent_mails PRIMARY KEY,
  user_id {uuid} NOT NULL CONSTRAINT fk_sent_mails_user_id REFERENCES users (id),
  kind text NOT NULL,
  sent_at {time} NOT NULL
);
CREATE INDEX ix_sent_mails_user_id ON sent_mails (user_id, kind, sent_at);

-- What a lesson is about goes with what it teaches: whoever may not read the one does not read the other.
ALTER TABLE lesson_bodies ADD COLUMN description text;
UPDATE lesson_bodies SET description = (SELECT l.description FROM lessons l WHERE l.id = lesson_bodies.lesson_id);
ALTER TABLE lessons DROP COLUMN description;

-- The words that a course or the school refuses: its editors' own, so that they stand apart from what everybody has to know.
CREATE TABLE community_words (
  scope_id {uuid} NOT NULL CONSTRAINT pk_community_words PRIMARY KEY
    CONSTRAINT fk_community_words_scope_id REFERENCES community_settings (scope_id) ON DELETE CASCADE,
  course_id {uuid} CONSTRAINT fk_community_words_course_id REFERENCES courses (id) ON DELETE CASCADE,
  -- As they were given, one a line.
  words text NOT NULL,
  CONSTRAINT ck_community_words_scope CHECK (course_id IS NULL OR course_id = scope_id)
);
CREATE INDEX ix_community_words_course_id ON community_words (course_id) WHERE course_id IS NOT NULL;
INSERT INTO community_words (scope_id, course_id, words)
  SELECT scope_id, course_id, words FROM community_settings WHERE words <> '';
ALTER TABLE community_settings DROP COLUMN words;
