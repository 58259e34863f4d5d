-- SQLite needs nothing of its own.
SELECT 1;
