-- No table changes.
SELECT 1;
