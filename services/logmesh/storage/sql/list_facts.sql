-- Facts that nobody has acknowledged, by kind and spool. In: how many; kind and spool's id that the page before ended with, nulls
-- for the first page; how many ranges of numbers at most. Out: one row a fact; `total` is how many there are.
WITH fact AS MATERIALIZED (SELECT kind, spool_id, producer, numbers, batches, since FROM logmesh.facts)
SELECT kind, spool_id::text AS spool_id, producer, batches, since,
       ARRAY(SELECT part FROM unnest(numbers) AS part LIMIT $4::int)::text AS numbers,
       (SELECT count(*) FROM fact) AS total
FROM fact
WHERE $3::uuid IS NULL OR (kind, fact.spool_id) > ($2::text, $3::uuid)
ORDER BY kind, fact.spool_id LIMIT $1::int
