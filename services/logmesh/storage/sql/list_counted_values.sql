-- Values of a field that is counted by minute, the most frequent first. In: from, before; the field: service, instance, severity
-- (its numbers) or resource; of the latter key as a whole, and its steps; text that a value must contain; most rows.
WITH counted AS (
  SELECT CASE $3::text WHEN 'service' THEN service WHEN 'instance' THEN instance WHEN 'severity' THEN severity::text
         ELSE coalesce(resource -> $4::text, resource #> $5::text[]) #>> '{}' END AS value, records
  FROM logmesh.record_counts WHERE minute >= date_trunc('minute', $1::timestamptz) AND minute < $2::timestamptz
)
SELECT value, sum(records)::bigint AS records FROM counted
WHERE strpos(lower(value), lower($6::text)) > 0 AND length(value) <= 200
GROUP BY 1 ORDER BY starts_with(lower(value), lower($6::text)) DESC, 2 DESC, 1 LIMIT $7::int
