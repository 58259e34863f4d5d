-- No table changes on both databases alike.
SELECT 1;
