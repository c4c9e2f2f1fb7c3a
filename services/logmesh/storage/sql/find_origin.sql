-- Finds or makes the number of an origin. In: tenant, service, instance, resource, scope name, scope version, digest.
WITH made AS (
  INSERT INTO logmesh.origins (tenant, service, instance, resource, scope_name, scope_version, digest)
  VALUES ($1, $2, $3, $4::text::jsonb, $5, $6, $7) ON CONFLICT (digest) DO NOTHING RETURNING origin
)
SELECT origin FROM made UNION ALL SELECT origin FROM logmesh.origins WHERE digest = $7 LIMIT 1
