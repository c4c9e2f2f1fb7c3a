-- Notes in a flush what it stored, for tails: a row a tenant. In: by tenant first and last minute of its rows since 1970, null without
-- rows, its name, and where its spans begin and end, from 1 on; by span of batches: spool, first and last number.
INSERT INTO logmesh.flushes (tenant, oldest, newest, spools, firsts, lasts)
SELECT tenant, coalesce(to_timestamp(first * 60), 'epoch'), coalesce(to_timestamp((last + 1) * 60), 'epoch'),
       ($6::bigint[])[begins:ends], ($7::bigint[])[begins:ends], ($8::bigint[])[begins:ends]
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[], $5::int[]) AS part(first, last, tenant, begins, ends)
