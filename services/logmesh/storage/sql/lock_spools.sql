-- First statement of a flush: what is committed of these spools. Rows that somebody else has locked are not waited for.
-- In: spool numbers. Out, for those that are locked now: number, committed ranges, the newest number with a chain and its chain,
-- whose the spool is, whether it has moved to another tenant; and the migration that whoever writes must know.
SELECT spool, committed::text AS committed, newest, chain, principal, moved_to IS NOT NULL AS has_moved,
       logmesh.written_from() AS written_from
FROM logmesh.spools WHERE spool = ANY($1::bigint[]) FOR UPDATE SKIP LOCKED
