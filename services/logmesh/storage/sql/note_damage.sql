-- Notes that a live file was looked at. In: file, whether it is damaged. Out: what the catalog says of it; none for one that is not live.
UPDATE logmesh.files AS f SET checked = now(), damaged = CASE WHEN $2::boolean THEN coalesce(f.damaged, now()) END
FROM (SELECT file, damaged FROM logmesh.files WHERE file = $1::bigint AND dead_xid IS NULL FOR UPDATE) AS before
WHERE f.file = before.file
RETURNING f.tenant, f.min_time, f.max_time, f.rows, before.damaged IS NOT NULL AS was_damaged
