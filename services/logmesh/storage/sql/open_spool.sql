-- Opens a stream of a spool: binds it to its principal, raises the epoch, returns what is committed.
-- In: tenant, spool_id, producer, principal, epoch. Out: a row, or none when principal or epoch do not fit.
INSERT INTO logmesh.spools AS s (tenant, spool_id, producer, principal, epoch)
VALUES ($1, $2::uuid, $3, $4, $5)
ON CONFLICT (tenant, spool_id) DO UPDATE SET epoch = excluded.epoch, producer = excluded.producer
  WHERE s.principal = excluded.principal AND s.epoch < excluded.epoch
RETURNING spool, committed::text AS committed, xmax = 0 AS created
