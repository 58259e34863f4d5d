-- Every word that ever stood in a published course, to find what was meant by a misspelt one. A word is never removed:
-- before it is used, the search index is asked whether it still stands somewhere.
CREATE TABLE catalogue_terms (
  term {sortable} NOT NULL CONSTRAINT pk_catalogue_terms PRIMARY KEY,
  letters bigint NOT NULL
);
CREATE INDEX ix_catalogue_terms_letters ON catalogue_terms (letters, term);
