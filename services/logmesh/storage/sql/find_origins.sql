-- Finds or makes the numbers of origins, all in one round trip. In, by origin: tenant, service, instance, resource, scope name,
-- scope version, the rest of it or an empty text, digest; each digest once. Out: digest and number; no row for one that somebody else makes at this very moment.
WITH wanted AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])
    AS w(tenant, service, instance, resource, scope_name, scope_version, extra, digest)
), made AS (
  INSERT INTO logmesh.origins (tenant, service, instance, resource, scope_name, scope_version, extra, digest)
  SELECT tenant, service, instance, resource::jsonb, scope_name, scope_version, nullif(extra, '')::jsonb, digest FROM wanted w
  WHERE NOT EXISTS (SELECT FROM logmesh.origins o WHERE o.digest = w.digest)
  ORDER BY digest  -- in one order, so that two processors that make the same ones can't deadlock
  ON CONFLICT (digest) DO NOTHING RETURNING digest, origin
)
SELECT digest, origin FROM made
UNION ALL SELECT digest, o.origin FROM wanted JOIN logmesh.origins o USING (digest)
