-- Notes in a flush what it stored, for tails: a row a tenant. In: first and last minute of its rows since 1970, none without
-- rows; by tenant: its name, and where its spans begin and end, from 1 on; by span of batches: spool, first and last number.
INSERT INTO logmesh.flushes (tenant, oldest, newest, spools, firsts, lasts)
SELECT tenant, coalesce(to_timestamp($1::bigint * 60), 'epoch'), coalesce(to_timestamp(($2::bigint + 1) * 60), 'epoch'),
       ($6::bigint[])[begins:ends], ($7::bigint[])[begins:ends], ($8::bigint[])[begins:ends]
FROM unnest($3::text[], $4::int[], $5::int[]) AS part(tenant, begins, ends)
