-- Values of one attribute among the newest 2,000 records, the most frequent first.
-- In: from, before; key as a whole, and its steps into objects; text that a value must contain; most rows.
WITH newest AS MATERIALIZED (
  SELECT attributes FROM logmesh.records WHERE time >= $1::timestamptz AND time < $2::timestamptz
  ORDER BY time DESC LIMIT 2000
), found AS (
  SELECT coalesce(attributes -> $3::text, attributes #> $4::text[]) AS value FROM newest
)
SELECT value #>> '{}' AS value, count(*) AS records FROM found
WHERE jsonb_typeof(value) IN ('string', 'number', 'boolean') AND strpos(lower(value #>> '{}'), lower($5::text)) > 0
  AND length(value #>> '{}') <= 200
GROUP BY 1 ORDER BY starts_with(lower(value #>> '{}'), lower($5::text)) DESC, 2 DESC, 1 LIMIT $6::int
