-- In: tenant, spool_id. Out: number, principal, epoch and committed ranges of the spool, or no row.
SELECT spool, principal, epoch, committed::text AS committed FROM logmesh.spools WHERE tenant = $1 AND spool_id = $2::uuid
