-- The database's size, and what restoring it for real takes in verify.sh: a server, all tables but the logs', and of the logs' a piece
-- (:fold bytes) and the largest one that makes it full.
WITH tables AS (
  SELECT pg_table_size(c.oid) AS bytes,
         n.nspname = '_timescaledb_internal' AND c.relname ~ '^(compress)?_hyper_\d+_\d+_chunk'
           OR EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = c.oid AND i.inhparent = to_regclass('logmesh.logs')) AS of_logs
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
)
SELECT pg_database_size(current_database()),
       (96 << 20)
         + coalesce(sum(bytes) FILTER (WHERE NOT of_logs), 0)
         + coalesce(max(bytes) FILTER (WHERE of_logs), 0)
         + least(coalesce(sum(bytes) FILTER (WHERE of_logs), 0), :fold)
FROM tables;
