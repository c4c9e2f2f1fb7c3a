-- A principal was moved to another tenant: what its spools had committed in the old one is committed in the new one, so that nothing
-- is stored in both. A flush of the old rows ends before, or finds that they have moved. In: new tenant, principal, spool ids,
-- the principals that are nobody, whose spools anyone takes along.
WITH moving AS (
  SELECT * FROM logmesh.spools
  WHERE tenant <> $1 AND (principal = $2 OR principal = ANY ($4)) AND spool_id = ANY($3::uuid[]) AND moved_to IS NULL
  ORDER BY tenant, spool_id FOR UPDATE
), made AS (
  INSERT INTO logmesh.spools AS s (tenant, spool_id, producer, principal, committed, newest, chain, abandoned, given, closed)
  SELECT $1, spool_id, producer, $2, committed, newest, chain, abandoned, given, closed FROM moving
  ON CONFLICT (tenant, spool_id) DO UPDATE
    SET committed = s.committed + excluded.committed, newest = excluded.newest, chain = excluded.chain, moved_to = NULL
  RETURNING s.spool, s.spool_id
)
UPDATE logmesh.spools s SET moved_to = made.spool, finished = now()
FROM made JOIN moving USING (spool_id)
WHERE s.spool = moving.spool OR s.moved_to = moving.spool AND s.spool <> made.spool
