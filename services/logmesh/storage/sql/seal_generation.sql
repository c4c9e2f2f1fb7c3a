-- The last statement of sealing: from this transaction on the generation's rows are in files. In: generation. Out: a row, if nobody
-- did it before.
UPDATE logmesh.generations SET sealed_xid = pg_current_xact_id() WHERE generation = $1 AND closed AND sealed_xid IS NULL
RETURNING generation
