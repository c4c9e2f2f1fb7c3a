-- First statement of a flush: what is committed of these spools. Rows that somebody else has locked are not waited for.
-- In: spool numbers. Out, for those that are locked now: number, committed ranges, the newest number with a chain and its chain.
SELECT spool, committed::text AS committed, newest, chain, moved_to IS NOT NULL AS has_moved FROM logmesh.spools WHERE spool = ANY($1::int[]) FOR UPDATE SKIP LOCKED
