-- Remembers in a flush the requests that its batches came with. One that another flush is about to remember is waited for.
-- In: tenants, digests. Out: those of them that were not known. All flushes go in one order, so that none waits for one that waits.
INSERT INTO logmesh.requests (tenant, digest)
SELECT tenant, digest FROM unnest($1::text[], $2::bytea[]) AS came(tenant, digest) ORDER BY tenant, digest
ON CONFLICT DO NOTHING RETURNING tenant, digest
