-- When a spool's records were stored. In: number of the spool. Out: no row when the tenant has no such spool.
SELECT created, last_commit FROM logmesh.ledger WHERE spool = $1::bigint
