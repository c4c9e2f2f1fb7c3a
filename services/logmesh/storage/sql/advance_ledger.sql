-- One of the last statements of a flush: the batches it stored count as committed. In, by spool: number, ranges, rows, dead letters,
-- for how many seconds the oldest of them waited, the newest number with a chain, and its chain.
UPDATE logmesh.spools AS s
SET committed = s.committed + d.ranges::int8multirange, stored = s.stored + d.stored, dead_letters = s.dead_letters + d.dead,
    lag = make_interval(secs => d.waited),
    last_commit = clock_timestamp(), newest = d.newest, chain = d.chain
FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::float8[], $6::bigint[], $7::bigint[])
  AS d(spool, ranges, stored, dead, waited, newest, chain)
WHERE s.spool = d.spool
