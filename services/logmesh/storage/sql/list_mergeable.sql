-- The oldest files of one tenant and level that has enough of them, those of the lowest level first; or what is left of level 0 where none
-- came for some time. In: levels below this one, how many files are enough, files that are left out, how many bytes a merge may have
-- together: those that were merged and have more than a quarter of it stay as they are; of what is left, how many bytes are worth it; for
-- how many seconds a file has waited, and how many are enough then; how many files' times may overlap. Out: as many files as are enough,
-- or fewer that have so many bytes, overlap, have waited, or are left, in the order of their times; none where there are fewer everywhere.
WITH small AS (
  SELECT * FROM logmesh.files
  WHERE dead_xid IS NULL AND damaged IS NULL AND level < $1 AND NOT file = ANY ($3::bigint[]) AND (level = 0 OR bytes <= $4::bigint / 4)
), enough AS (
  SELECT tenant, level FROM small GROUP BY tenant, level
  HAVING count(*) >= $2 OR sum(bytes) > $4::bigint
      OR (count(*) >= $7 AND min(checked) < now() - make_interval(secs => $6))
      OR (level = 0 AND sum(bytes) >= $5::bigint AND max(checked) < now() - make_interval(secs => $6))
  ORDER BY level, count(*) DESC LIMIT 1
), oldest AS (
  SELECT small.*, sum(bytes) OVER in_time AS together, row_number() OVER in_time AS place
  FROM small JOIN enough USING (tenant, level) WINDOW in_time AS (ORDER BY min_time, file) ORDER BY place LIMIT $2
), crowded AS (
  SELECT min(place) AS place FROM oldest AS this
  WHERE (SELECT count(*) FROM oldest AS other WHERE other.place < this.place AND other.max_time >= this.min_time) >= $8
)
SELECT file, incarnation, oldest.tenant, level, rows, bytes, crc32c, counts, octet_length(traces) AS trace_bytes
FROM oldest, crowded
WHERE (together <= $4::bigint OR oldest.place = 1) AND oldest.place < coalesce(crowded.place, 1 + $2) ORDER BY oldest.place
