-- Live files that are due to be looked at, that one first which was not for longest. In: after how many seconds one is due, and one that
-- is damaged; how many at most.
SELECT file, incarnation, bytes, crc32c FROM logmesh.files
WHERE dead_xid IS NULL AND checked < now() - make_interval(secs => CASE WHEN damaged IS NULL THEN $1::float8 ELSE $2::float8 END)
ORDER BY checked LIMIT $3
