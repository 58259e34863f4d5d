-- What somebody has watched of one video: a lesson's, or a chapter's own. The hot row of the house: one of these is all that
-- a heartbeat writes, and no index holds anything that it changes.
CREATE TABLE watches (
  user_id {uuid} NOT NULL CONSTRAINT fk_watches_user_id REFERENCES users (id),
  -- The lesson or the chapter.
  subject_id {uuid} NOT NULL,
  course_id {uuid} NOT NULL,
  lesson_id {uuid},
  chapter_id {uuid},
  -- Grows with every write: who merged into an older one finds out.
  version bigint NOT NULL,
  -- The seconds that were claimed: sorted runs, each as the gap before it and its length, in variable-length integers.
  ranges {bytes} NOT NULL,
  -- When the credited seconds were watched: quarters of an hour since 1970 and their seconds, written the same way.
  spent {bytes} NOT NULL,
  -- The clock that bounds the credit.
  first_heard_at {time} NOT NULL,
  last_heard_at {time} NOT NULL,
  watched_seconds bigint NOT NULL,
  watch_time_percent double precision NOT NULL,
  -- Where to go on; who said so, and when.
  position_seconds double precision,
  positioned_at {time},
  session_id {uuid},
  CONSTRAINT pk_watches PRIMARY KEY (user_id, subject_id),
  CONSTRAINT fk_watches_lesson FOREIGN KEY (course_id, lesson_id) REFERENCES lessons (course_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_watches_chapter FOREIGN KEY (course_id, chapter_id) REFERENCES chapters (course_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_watches_subject CHECK ((lesson_id IS NULL) <> (chapter_id IS NULL)
    AND subject_id = coalesce(lesson_id, chapter_id)),
  CONSTRAINT ck_watches_watched_seconds CHECK (watched_seconds >= 0),
  CONSTRAINT ck_watches_watch_time_percent CHECK (watch_time_percent >= 0 AND watch_time_percent <= 100),
  CONSTRAINT ck_watches_position CHECK ((position_seconds IS NULL) = (positioned_at IS NULL))
);
CREATE INDEX ix_watches_course_id ON watches (course_id, subject_id);

-- For the trainer's view of a course.
CREATE INDEX ix_lesson_progress_course_id ON lesson_progress (course_id, lesson_id);
CREATE INDEX ix_chapter_progress_course_id ON chapter_progress (course_id, chapter_id);

-- Work on a course that takes longer than a request, for its editors to look at.
CREATE TABLE jobs (
  id {uuid} NOT NULL CONSTRAINT pk_jobs PRIMARY KEY,
  kind text NOT NULL,
  course_id {uuid} NOT NULL CONSTRAINT fk_jobs_course_id REFERENCES courses (id) ON DELETE CASCADE,
  requested_by {uuid} CONSTRAINT fk_jobs_requested_by REFERENCES users (id),
  status text NOT NULL CONSTRAINT ck_jobs_status CHECK (status IN ('QUEUED', 'RUNNING', 'DONE')),
  -- How many were looked at, and behind whom to go on.
  done_count bigint NOT NULL,
  changed_count bigint NOT NULL,
  reached_id {uuid},
  created_at {time} NOT NULL,
  started_at {time},
  finished_at {time},
  CONSTRAINT ck_jobs_finished CHECK ((status = 'DONE') = (finished_at IS NOT NULL))
);
CREATE INDEX ix_jobs_course_id ON jobs (course_id, created_at, id);
CREATE INDEX ix_jobs_requested_by ON jobs (requested_by);
-- One waits at most: it will see everything that was changed before it began.
CREATE UNIQUE INDEX uq_jobs_course_id_kind ON jobs (course_id, kind) WHERE status = 'QUEUED';
