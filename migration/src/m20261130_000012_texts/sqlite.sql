-- The words of the catalogue are written again by the worker, as after the renaming of a category: every published course is in one.
INSERT INTO outbox (kind, payload, created_at, available_at, attempts)
  SELECT 'category.renamed', json_object('categoryId', lower(hex(id))), updated_at, updated_at, 0 FROM categories;
