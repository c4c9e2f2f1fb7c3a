-- One of the last statements of a flush: the batches it stored count as committed. In, by spool: number, ranges, rows, dead letters,
-- the latest time of a row in seconds since 1970 (0: no row), the newest number with a chain, and its chain.
UPDATE logmesh.spools AS s
SET committed = s.committed + d.ranges::int8multirange, stored = s.stored + d.stored, dead_letters = s.dead_letters + d.dead,
    lag = make_interval(secs => CASE WHEN d.latest > 0 THEN greatest(extract(epoch FROM now())::float8 - d.latest, 0) ELSE 0 END),
    last_commit = clock_timestamp(), newest = d.newest, chain = d.chain
FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::float8[], $6::bigint[], $7::bigint[])
  AS d(spool, ranges, stored, dead, latest, newest, chain)
WHERE s.spool = d.spool
