-- What is stored of each spool, the latest first. In: how many; `place` and the spool's id that the page before ended with, nulls
-- for the first page; how many ranges of missing numbers at most. Out: one row a spool; `lag` in seconds, `abandoned` what is
-- missing and will not come, `total` how many spools there are.
SELECT spool_id::text AS spool_id, producer, greatest(upper(committed) - 1, given) AS last_seq, stored, dead_letters, last_commit,
       coalesce(last_commit, '-infinity')::text AS place, extract(epoch FROM lag)::float8 AS lag,
       logmesh.batches(missing) AS missing_batches, logmesh.batches(abandoned) AS abandoned_batches,
       ARRAY(SELECT part FROM unnest(missing) AS part LIMIT $4::int)::text AS missing,
       ARRAY(SELECT part FROM unnest(abandoned) AS part LIMIT $4::int)::text AS abandoned,
       (SELECT count(*) FROM logmesh.accounts) AS total
FROM logmesh.accounts
WHERE $3::uuid IS NULL OR (coalesce(last_commit, '-infinity'), spool_id) < ($2::text::timestamptz, $3::uuid)
ORDER BY coalesce(last_commit, '-infinity') DESC, accounts.spool_id DESC LIMIT $1::int
