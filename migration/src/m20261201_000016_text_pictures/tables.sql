-- An uploaded picture that a text names by its address: the page of a course, the text of one of its chapters or lessons, or the
-- picture of a person.
CREATE TABLE text_pictures (
  id {uuid} NOT NULL CONSTRAINT pk_text_pictures PRIMARY KEY,
  file_id {uuid} NOT NULL CONSTRAINT fk_text_pictures_file_id REFERENCES files (id),
  user_id {uuid} CONSTRAINT fk_text_pictures_user_id REFERENCES users (id),
  course_id {uuid} CONSTRAINT fk_text_pictures_course_id REFERENCES courses (id) ON DELETE CASCADE,
  chapter_id {uuid},
  lesson_id {uuid},
  CONSTRAINT fk_text_pictures_course_id_chapter_id FOREIGN KEY (course_id, chapter_id)
    REFERENCES chapters (course_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_text_pictures_course_id_lesson_id FOREIGN KEY (course_id, lesson_id)
    REFERENCES lessons (course_id, id) ON DELETE CASCADE,
  CONSTRAINT ck_text_pictures_place CHECK ((user_id IS NULL) <> (course_id IS NULL)
    AND (user_id IS NULL OR (chapter_id IS NULL AND lesson_id IS NULL)) AND (chapter_id IS NULL OR lesson_id IS NULL))
);
CREATE INDEX ix_text_pictures_file_id ON text_pictures (file_id);
CREATE INDEX ix_text_pictures_user_id ON text_pictures (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_text_pictures_course_id ON text_pictures (course_id, chapter_id, lesson_id) WHERE course_id IS NOT NULL;
