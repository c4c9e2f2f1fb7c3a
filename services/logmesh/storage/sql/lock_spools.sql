-- First statement of a flush: what is committed of these spools. Rows that somebody else has locked are not waited for.
-- In: spool numbers. Out, for those that are locked now: number and committed ranges.
SELECT spool, committed::text AS committed FROM logmesh.spools WHERE spool = ANY($1::int[]) FOR UPDATE SKIP LOCKED
