-- Finds spools whose batches wait in a write-ahead log, and makes anew those that the database, replaced meanwhile, lacks.
-- Waits for nobody's row and takes no number for a spool that is there. In, by spool: tenant, spool_id, producer, principal.
-- Out: place in the parameters, from 1, and number; no row for one that somebody else makes at this very moment.
WITH wanted AS (
  SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[])
    WITH ORDINALITY AS w(tenant, spool_id, producer, principal, place)
), made AS (
  INSERT INTO logmesh.spools (tenant, spool_id, producer, principal)
  SELECT tenant, spool_id, producer, principal FROM wanted w
  WHERE NOT EXISTS (SELECT FROM logmesh.spools s WHERE (s.tenant, s.spool_id) = (w.tenant, w.spool_id))
  ORDER BY tenant, spool_id
  ON CONFLICT (tenant, spool_id) DO NOTHING RETURNING tenant, spool_id, spool
)
SELECT place, made.spool FROM made JOIN wanted USING (tenant, spool_id)
UNION ALL SELECT place, coalesce(s.moved_to, s.spool) FROM wanted JOIN logmesh.spools s USING (tenant, spool_id)
