-- First statement of a flush: what is committed of these spools, locked in one order so that two flushes can't deadlock.
-- In: spool numbers. Out: number and committed ranges.
SELECT spool, committed::text AS committed FROM logmesh.spools WHERE spool = ANY($1::int[])
ORDER BY tenant, spool_id FOR UPDATE
