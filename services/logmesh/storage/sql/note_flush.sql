-- Notes in a flush what it stored, for tails. In: first and last minute of its rows since 1970, none without rows; by span of
-- batches: tenant, spool, first and last number.
INSERT INTO logmesh.flushes (tenant, oldest, newest, spools, firsts, lasts)
SELECT tenant, coalesce(to_timestamp($1::bigint * 60), 'epoch'), coalesce(to_timestamp(($2::bigint + 1) * 60), 'epoch'),
       array_agg(spool), array_agg(first), array_agg(last)
FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::bigint[]) AS span(tenant, spool, first, last)
GROUP BY tenant
