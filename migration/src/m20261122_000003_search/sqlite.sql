INSERT INTO catalogue_terms (term, letters)
  SELECT term, length(term) FROM catalogue_words WHERE length(term) BETWEEN 3 AND 40 AND term NOT GLOB '*[^a-z0-9]*';
