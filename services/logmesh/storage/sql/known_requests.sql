-- Which requests are known. In: tenants, digests. Out: those that are.
SELECT r.tenant, r.digest FROM unnest($1::text[], $2::bytea[]) AS came(tenant, digest)
JOIN logmesh.requests r ON r.tenant = came.tenant AND r.digest = came.digest
