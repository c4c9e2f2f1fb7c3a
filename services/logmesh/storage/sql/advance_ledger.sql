-- Last statement of a flush: the batches it stored count as committed. In, by spool: number, ranges, rows, dead letters, lag in seconds.
UPDATE logmesh.spools AS s
SET committed = s.committed + d.ranges::int8multirange, stored = s.stored + d.stored,
    dead_letters = s.dead_letters + d.dead, lag = make_interval(secs => d.lag), last_commit = clock_timestamp()
FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::float8[]) AS d(spool, ranges, stored, dead, lag)
WHERE s.spool = d.spool
