-- Closes the generation that takes rows, where it has some, and has so many bytes, long texts kept apart from their rows included, or was
-- opened so many seconds ago. Waits for flushes that store into it. In: bytes, seconds.
UPDATE logmesh.generations SET closed = true
WHERE NOT closed AND pg_relation_size(format('logmesh.hot_%s', generation)::regclass) > 0
  AND (pg_table_size(format('logmesh.hot_%s', generation)::regclass) >= $1::bigint
       OR opened < now() - make_interval(secs => $2))
