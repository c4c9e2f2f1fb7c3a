-- What is stored of each spool, the latest first. In: how many. Out: one row a spool; `lag` in seconds, `lost` what is missing
-- and abandoned.
SELECT spool_id::text AS spool_id, producer, committed::text AS committed, lost::text AS lost, stored, dead_letters,
       last_commit, extract(epoch FROM lag)::float8 AS lag
FROM logmesh.ledger ORDER BY last_commit DESC NULLS LAST, spool DESC LIMIT $1::int
