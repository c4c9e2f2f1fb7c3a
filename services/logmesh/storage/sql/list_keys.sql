-- Keys of attributes and of the resource, the most frequent first; of objects within attributes theirs as well.
-- In: from and before, of attributes and of resources; column, empty for either; text that a key must contain; most rows.
-- Attributes are those of the newest 2,000 records.
WITH newest AS MATERIALIZED (
  SELECT attributes FROM logmesh.records WHERE time >= $1::timestamptz AND time < $2::timestamptz
  ORDER BY time DESC LIMIT CASE WHEN $5::text IN ('', 'attributes') THEN 2000 ELSE 0 END
), resources AS (
  SELECT resource, sum(records) AS records FROM logmesh.record_counts
  WHERE minute >= date_trunc('minute', $3::timestamptz) AND minute < $4::timestamptz AND $5::text IN ('', 'resource')
  GROUP BY resource
), keys AS (
  SELECT 'attributes' AS "column", top.key, 1 AS records
  FROM newest, LATERAL jsonb_object_keys(attributes) AS top(key)
  UNION ALL
  SELECT 'attributes', top.key || '.' || inside.key, 1
  FROM newest, LATERAL jsonb_each(attributes) AS top,
       LATERAL jsonb_object_keys(CASE WHEN jsonb_typeof(top.value) = 'object' THEN top.value ELSE '{}' END) AS inside(key)
  UNION ALL
  SELECT 'resource', top.key, r.records FROM resources AS r, LATERAL jsonb_object_keys(r.resource) AS top(key)
)
SELECT "column", key FROM keys WHERE strpos(lower(key), lower($6::text)) > 0 AND length(key) <= 200
GROUP BY "column", key ORDER BY starts_with(lower(key), lower($6::text)) DESC, sum(records) DESC, "column", key LIMIT $7::int
