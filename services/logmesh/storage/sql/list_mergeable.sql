-- The oldest files of one tenant and level that has enough of them, those of the lowest level first; or what is left of level 0 where none
-- came for some time. In: levels below this one, how many files are enough, files that are left out, how many bytes a merge may have
-- together: those that have more than half of it stay as they are; and of what is left: how many bytes are worth it, and for how many
-- seconds none came. Out: as many files as are enough, or fewer that have so many bytes, or are left, in the order of their times; none
-- where there are fewer everywhere.
WITH small AS (
  SELECT * FROM logmesh.files
  WHERE dead_xid IS NULL AND damaged IS NULL AND level < $1 AND NOT file = ANY ($3::bigint[]) AND bytes <= $4::bigint / 2
), enough AS (
  SELECT tenant, level FROM small GROUP BY tenant, level
  HAVING count(*) >= $2 OR sum(bytes) > $4::bigint
      OR (level = 0 AND sum(bytes) >= $5::bigint AND max(checked) < now() - make_interval(secs => $6))
  ORDER BY level, count(*) DESC LIMIT 1
), reached AS (
  SELECT small.*, sum(bytes) OVER (ORDER BY min_time, file) AS together FROM small JOIN enough USING (tenant, level)
)
SELECT file, incarnation, tenant, level, rows, bytes, crc32c, counts, octet_length(traces) AS trace_bytes
FROM reached WHERE together <= $4::bigint ORDER BY min_time, file LIMIT $2
