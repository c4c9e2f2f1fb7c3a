-- Opens a stream of a spool: binds it to its principal, raises the epoch, notes what will not come, returns what is committed.
-- In: tenant, spool_id, producer, principal, epoch; lowest number that the spool holds, 0 for an empty one; other numbers
-- that it does not hold. Out: a row, or none when principal or epoch do not fit.
INSERT INTO logmesh.spools AS s (tenant, spool_id, producer, principal, epoch, abandoned)
VALUES ($1, $2::uuid, $3, $4, $5, int8multirange(int8range(1, greatest($6::bigint, 1))) + $7::text::int8multirange)
ON CONFLICT (tenant, spool_id) DO UPDATE
  SET epoch = excluded.epoch, producer = excluded.producer,
      -- An empty spool holds nothing of what it ever sent.
      abandoned = CASE WHEN $6::bigint = 0 THEN int8multirange(int8range(1, coalesce(upper(s.committed), 1)))
                       ELSE excluded.abandoned END
  WHERE s.principal = excluded.principal AND s.epoch < excluded.epoch
RETURNING spool, committed::text AS committed, xmax = 0 AS created
