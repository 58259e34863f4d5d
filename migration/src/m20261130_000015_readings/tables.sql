-- In which quarters of an hour since 1970 somebody read in a course, or marked something there as done.
CREATE TABLE readings (
  user_id {uuid} NOT NULL CONSTRAINT fk_readings_user_id REFERENCES users (id),
  course_id {uuid} NOT NULL CONSTRAINT fk_readings_course_id REFERENCES courses (id) ON DELETE CASCADE,
  quarter bigint NOT NULL,
  read_at {time} NOT NULL,
  CONSTRAINT pk_readings PRIMARY KEY (user_id, course_id, quarter)
);
CREATE INDEX ix_readings_course_id ON readings (course_id);

-- What the latest playbacks have played: of each its id, its time and its runs. Null is none.
ALTER TABLE watches ADD COLUMN passes {bytes};

-- A cursor carries what titles are ordered by.
UPDATE catalogue_entries SET sort_title = substr(sort_title, 1, 200) WHERE length(sort_title) > 200;
