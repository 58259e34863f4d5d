-- The words of the published courses, for searching. FTS5 knows its rows by number alone.
CREATE TABLE catalogue_search_ids (
  id integer NOT NULL CONSTRAINT pk_catalogue_search_ids PRIMARY KEY AUTOINCREMENT,
  course_id blob NOT NULL CONSTRAINT fk_catalogue_search_ids_course_id REFERENCES courses (id),
  CONSTRAINT uq_catalogue_search_ids_course_id UNIQUE (course_id)
);
CREATE VIRTUAL TABLE catalogue_search USING fts5 (
  title, people, shelves, description,
  tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
);
-- Every word that stands there, to find what was meant by a misspelt one.
CREATE VIRTUAL TABLE catalogue_words USING fts5vocab (catalogue_search, row);

INSERT INTO catalogue_search_ids (course_id) SELECT course_id FROM catalogue_entries;
INSERT INTO catalogue_search (rowid, title, people, shelves, description)
  SELECT i.id, c.title, coalesce(u.name, '') || ' ' || coalesce(u.username, ''),
    coalesce((SELECT group_concat(g.name, ' ') FROM course_categories m JOIN categories g ON g.id = m.category_id
      WHERE m.course_id = c.id), ''), c.description
  FROM catalogue_search_ids i JOIN courses c ON c.id = i.course_id JOIN users u ON u.id = c.author_id;
