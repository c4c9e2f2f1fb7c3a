-- Notes what was committed in a database of before: what this one lacks of it is missing, although nobody may send it again.
-- In, by spool: tenant, spool_id, producer, principal (empty: unknown), greatest number.
WITH claimed AS (
  SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
    AS c(tenant, spool_id, producer, principal, given)
), noted AS (
  UPDATE logmesh.spools s SET given = c.given
  FROM claimed c
  WHERE s.tenant = c.tenant AND s.spool_id = c.spool_id AND c.given > greatest(s.given, upper(s.committed) - 1)
)
INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, given)
SELECT tenant, spool_id, producer, principal, given FROM claimed c
WHERE principal <> '' AND NOT EXISTS (SELECT FROM logmesh.spools s WHERE s.tenant = c.tenant AND s.spool_id = c.spool_id)
ON CONFLICT (tenant, spool_id) DO NOTHING
