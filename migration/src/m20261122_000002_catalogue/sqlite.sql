-- The words of the published courses, for searching.
CREATE VIRTUAL TABLE catalogue_search USING fts5 (
  course_id UNINDEXED, title, people, shelves, description,
  tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
);
-- Every word that stands there, to find what was meant by a misspelt one.
CREATE VIRTUAL TABLE catalogue_words USING fts5vocab (catalogue_search, row);

INSERT INTO catalogue_search (course_id, title, people, shelves, description)
  SELECT c.id, c.title, coalesce(u.name, '') || ' ' || coalesce(u.username, ''),
    coalesce((SELECT group_concat(g.name, ' ') FROM course_categories m JOIN categories g ON g.id = m.category_id
      WHERE m.course_id = c.id), ''), c.description
  FROM courses c JOIN users u ON u.id = c.author_id WHERE c.is_published;
