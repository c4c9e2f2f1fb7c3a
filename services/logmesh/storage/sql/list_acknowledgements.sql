-- What was acknowledged, the latest first. In: how many; the number that the page before ended with, or null; how many ranges of
-- numbers at most. Out: one row a fact and call.
SELECT acknowledgement, kind, spool_id::text AS spool_id, producer, batches, who, reason, made,
       ARRAY(SELECT part FROM unnest(numbers) AS part LIMIT $3::int)::text AS numbers
FROM logmesh.acknowledged
WHERE $2::bigint IS NULL OR acknowledgement < $2::bigint
ORDER BY acknowledgement DESC LIMIT $1::int
