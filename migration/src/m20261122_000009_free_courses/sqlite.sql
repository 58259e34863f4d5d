-- Nothing that only SQLite has.
SELECT 1;
