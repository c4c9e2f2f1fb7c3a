-- Notes batches that were refused because another batch has their number. In, by spool: tenant, spool_id, how many.
UPDATE logmesh.spools s SET forked = s.forked + f.forked, diverged_since = now()
FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS f(tenant, spool_id, forked)
WHERE (s.tenant, s.spool_id) = (f.tenant, f.spool_id)
