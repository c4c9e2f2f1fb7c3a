-- The lake's files, bytes and records by level. In: the highest level. Out: a row a level, also of one without files.
SELECT level, count(file) AS files, coalesce(sum(bytes), 0)::bigint AS bytes, coalesce(sum(rows), 0)::bigint AS rows
FROM generate_series(0, $1::int) AS l(level) LEFT JOIN (SELECT * FROM logmesh.files WHERE dead_xid IS NULL) AS f USING (level)
GROUP BY level
