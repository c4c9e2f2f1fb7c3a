-- What the ledger holds of these spools, without a lock: whoever acts on it looks again under one. In: spool numbers. Out: as
-- lock_spools.
SELECT spool, committed::text AS committed, newest, chain, principal, moved_to IS NOT NULL AS has_moved,
       logmesh.written_from() AS written_from
FROM logmesh.spools WHERE spool = ANY($1::bigint[])
