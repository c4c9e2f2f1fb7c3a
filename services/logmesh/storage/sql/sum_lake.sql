-- The lake as a whole. In: levels that are merged, how many files are enough, how many bytes a merge may have, how
-- many are enough once one is so many seconds old (see list_mergeable). Out: one row: generations by state; bytes of hot rows; for how
-- many seconds the oldest rows may not be in files; files that wait for merging, and those of level 0 of one tenant at most; damaged
-- files; how many seconds ago the file was looked at that was not for longest.
WITH live AS (
  SELECT count(*) FILTER (WHERE damaged IS NOT NULL) AS damaged, extract(epoch FROM now() - min(checked)) AS unchecked
  FROM logmesh.files WHERE dead_xid IS NULL
), waiting AS (
  SELECT level, count(*) AS files, count(*) >= $2::int OR sum(bytes) > $3::bigint
         OR (count(*) >= $4::int AND min(checked) < now() - make_interval(secs => $5)) AS enough FROM logmesh.files
  WHERE dead_xid IS NULL AND damaged IS NULL AND level < $1::int AND (level = 0 OR bytes <= $3::bigint / 4)
  GROUP BY tenant, level
), generation AS (
  SELECT *, to_regclass(format('logmesh.hot_%s', generation)) AS hot FROM logmesh.generations
), hot AS (
  SELECT count(*) FILTER (WHERE NOT closed) AS open, count(*) FILTER (WHERE closed AND sealed_xid IS NULL) AS closed,
         count(*) FILTER (WHERE sealed_xid IS NOT NULL) AS sealed, sum(pg_total_relation_size(hot)) AS bytes,
         extract(epoch FROM now() - min(opened) FILTER (WHERE sealed_xid IS NULL AND pg_relation_size(hot) > 0)) AS unsealed
  FROM generation
)
SELECT hot.open, hot.closed, hot.sealed, coalesce(hot.bytes, 0)::bigint AS hot_bytes,
       coalesce(hot.unsealed, 0)::float8 AS unsealed_seconds,
       (SELECT coalesce(sum(files) FILTER (WHERE enough), 0)::bigint FROM waiting) AS backlog,
       (SELECT coalesce(max(files) FILTER (WHERE level = 0), 0) FROM waiting) AS unmerged,
       live.damaged, coalesce(live.unchecked, 0)::float8 AS unchecked_seconds
FROM hot, live
