-- Partitions of logs that retention is about to drop, the oldest first. In: the first day that is kept; the mark in the
-- comment of those whose end was begun before. Out: name; whether it is attached, and whether its detaching is half done.
SELECT c.relname AS name, i.inhrelid IS NOT NULL AS attached, coalesce(i.inhdetachpending, false) AS pending
FROM pg_class AS c LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid AND i.inhparent = 'logmesh.logs'::regclass
WHERE c.relnamespace = 'logmesh'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^logs_\d{8}$'
  AND (obj_description(c.oid, 'pg_class') = $2::text
       OR i.inhrelid IS NOT NULL AND c.relname < 'logs_' || to_char($1::date, 'YYYYMMDD'))
ORDER BY i.inhdetachpending DESC NULLS LAST, c.relname
