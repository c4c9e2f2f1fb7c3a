-- Finds a spool whose batches wait in a write-ahead log, and makes it anew when the database was replaced meanwhile.
-- In: tenant, spool_id, producer, principal. Out: its number.
INSERT INTO logmesh.spools AS s (tenant, spool_id, producer, principal)
VALUES ($1, $2::uuid, $3, $4)
ON CONFLICT (tenant, spool_id) DO UPDATE SET tenant = excluded.tenant
RETURNING spool
