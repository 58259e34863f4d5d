-- A record refuses the deletion of what it is about: it used to be deleted along. SQLite changes no foreign key of a table that
-- is there, so each of these tables is made anew under its name. Nothing refers to them.
CREATE TABLE new_lesson_progress (
  id blob NOT NULL CONSTRAINT pk_lesson_progress PRIMARY KEY,
  user_id blob NOT NULL CONSTRAINT fk_lesson_progress_user_id REFERENCES users (id),
  course_id blob NOT NULL,
  lesson_id blob NOT NULL CONSTRAINT fk_lesson_progress_lesson_id REFERENCES lessons (id),
  watch_time_percent double precision NOT NULL CONSTRAINT ck_lesson_progress_watch_time_percent
    CHECK (watch_time_percent >= 0 AND watch_time_percent <= 100),
  is_completed boolean NOT NULL,
  completed_at datetime,
  created_at datetime NOT NULL,
  updated_at datetime NOT NULL,
  CONSTRAINT uq_lesson_progress_user_id_lesson_id UNIQUE (user_id, lesson_id),
  CONSTRAINT ck_lesson_progress_completed CHECK (is_completed = (completed_at IS NOT NULL))
);
INSERT INTO new_lesson_progress
  (id, user_id, course_id, lesson_id, watch_time_percent, is_completed, completed_at, created_at, updated_at)
  SELECT id, user_id, course_id, lesson_id, watch_time_percent, is_completed, completed_at, created_at, updated_at
  FROM lesson_progress;
DROP TABLE lesson_progress;
ALTER TABLE new_lesson_progress RENAME TO lesson_progress;
CREATE INDEX ix_lesson_progress_user_id ON lesson_progress (user_id, course_id);
CREATE INDEX ix_lesson_progress_course_id ON lesson_progress (course_id, lesson_id);

CREATE TABLE new_chapter_progress (
  id blob NOT NULL CONSTRAINT pk_chapter_progress PRIMARY KEY,
  user_id blob NOT NULL CONSTRAINT fk_chapter_progress_user_id REFERENCES users (id),
  course_id blob NOT NULL,
  chapter_id blob NOT NULL CONSTRAINT fk_chapter_progress_chapter_id REFERENCES chapters (id),
  is_completed boolean NOT NULL,
  completed_at datetime,
  created_at datetime NOT NULL,
  updated_at datetime NOT NULL,
  CONSTRAINT uq_chapter_progress_user_id_chapter_id UNIQUE (user_id, chapter_id),
  CONSTRAINT ck_chapter_progress_completed CHECK (is_completed = (completed_at IS NOT NULL))
);
INSERT INTO new_chapter_progress
  (id, user_id, course_id, chapter_id, is_completed, completed_at, created_at, updated_at)
  SELECT id, user_id, course_id, chapter_id, is_completed, completed_at, created_at, updated_at
  FROM chapter_progress;
DROP TABLE chapter_progress;
ALTER TABLE new_chapter_progress RENAME TO chapter_progress;
CREATE INDEX ix_chapter_progress_user_id ON chapter_progress (user_id, course_id);
CREATE INDEX ix_chapter_progress_course_id ON chapter_progress (course_id, chapter_id);

CREATE TABLE new_watches (
  user_id blob NOT NULL CONSTRAINT fk_watches_user_id REFERENCES users (id),
  subject_id blob NOT NULL,
  course_id blob NOT NULL,
  lesson_id blob,
  chapter_id blob,
  version bigint NOT NULL,
  ranges blob NOT NULL,
  spent blob NOT NULL,
  first_heard_at datetime NOT NULL,
  last_heard_at datetime NOT NULL,
  watched_seconds bigint NOT NULL,
  watch_time_percent double precision NOT NULL,
  position_seconds double precision,
  positioned_at datetime,
  session_id blob,
  CONSTRAINT pk_watches PRIMARY KEY (user_id, subject_id),
  CONSTRAINT fk_watches_lesson FOREIGN KEY (course_id, lesson_id) REFERENCES lessons (course_id, id),
  CONSTRAINT fk_watches_chapter FOREIGN KEY (course_id, chapter_id) REFERENCES chapters (course_id, id),
  CONSTRAINT ck_watches_subject CHECK ((lesson_id IS NULL) <> (chapter_id IS NULL)
    AND subject_id = coalesce(lesson_id, chapter_id)),
  CONSTRAINT ck_watches_watched_seconds CHECK (watched_seconds >= 0),
  CONSTRAINT ck_watches_watch_time_percent CHECK (watch_time_percent >= 0 AND watch_time_percent <= 100),
  CONSTRAINT ck_watches_position CHECK ((position_seconds IS NULL) = (positioned_at IS NULL))
);
INSERT INTO new_watches
  (user_id, subject_id, course_id, lesson_id, chapter_id, version, ranges, spent, first_heard_at, last_heard_at, watched_seconds,
   watch_time_percent, position_seconds, positioned_at, session_id)
  SELECT user_id, subject_id, course_id, lesson_id, chapter_id, version, ranges, spent, first_heard_at, last_heard_at,
    watched_seconds, watch_time_percent, position_seconds, positioned_at, session_id
  FROM watches;
DROP TABLE watches;
ALTER TABLE new_watches RENAME TO watches;
CREATE INDEX ix_watches_course_id ON watches (course_id, subject_id);
