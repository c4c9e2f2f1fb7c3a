-- The oldest files of one tenant and level that has enough of them, those of the lowest level first. In: levels below this one, how many
-- files are enough, files that are left out. Out: as many files, in the order of their times; none where there are fewer everywhere.
WITH enough AS (
  SELECT tenant, level FROM logmesh.files WHERE dead_xid IS NULL AND damaged IS NULL AND level < $1 AND NOT file = ANY ($3::bigint[])
  GROUP BY tenant, level HAVING count(*) >= $2 ORDER BY level, count(*) DESC LIMIT 1
)
SELECT file, incarnation, tenant, level, rows, bytes, crc32c, counts
FROM logmesh.files JOIN enough USING (tenant, level) WHERE dead_xid IS NULL AND damaged IS NULL AND NOT file = ANY ($3::bigint[])
ORDER BY min_time, file LIMIT $2
