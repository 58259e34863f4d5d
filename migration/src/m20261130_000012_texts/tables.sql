-- What a text is: HTML that was cleaned when it was written, or the document of an editor as it was sent.
ALTER TABLE courses ADD COLUMN content_format text NOT NULL DEFAULT 'HTML'
  CONSTRAINT ck_courses_content_format CHECK (content_format IN ('HTML', 'JSON'));
ALTER TABLE chapter_bodies ADD COLUMN content_format text NOT NULL DEFAULT 'HTML'
  CONSTRAINT ck_chapter_bodies_content_format CHECK (content_format IN ('HTML', 'JSON'));
ALTER TABLE lesson_bodies ADD COLUMN content_format text NOT NULL DEFAULT 'HTML'
  CONSTRAINT ck_lesson_bodies_content_format CHECK (content_format IN ('HTML', 'JSON'));

-- Names in the form in which they are compared: those that are there are written by the migration.
ALTER TABLE users ADD COLUMN search_name text NOT NULL DEFAULT '';
ALTER TABLE categories ADD COLUMN folded_name text NOT NULL DEFAULT '';

-- A username that somebody gave up: until then it leads to its last owner, and nobody else takes it.
CREATE TABLE former_usernames (
  username text NOT NULL,
  user_id {uuid} NOT NULL CONSTRAINT fk_former_usernames_user_id REFERENCES users (id),
  given_up_at {time} NOT NULL,
  reserved_until {time} NOT NULL,
  CONSTRAINT pk_former_usernames PRIMARY KEY (username, user_id)
);
CREATE INDEX ix_former_usernames_user_id ON former_usernames (user_id);
CREATE INDEX ix_former_usernames_reserved_until ON former_usernames (reserved_until);
