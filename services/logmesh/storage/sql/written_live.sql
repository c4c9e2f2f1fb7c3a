-- Which services' records came as they were written, and not all at once, as those of a file that is shipped: a record of the last
-- minute was received later than one of the first by half of the time between them at least. In, by service: its name, the first
-- minute, the last one. Out: names.
SELECT w.service FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS w(service, oldest, newest)
CROSS JOIN LATERAL (
  SELECT r.received FROM logmesh.records r
  WHERE r.service = w.service AND r.time >= w.oldest AND r.time < w.oldest + interval '1 minute' LIMIT 1
) AS first
CROSS JOIN LATERAL (
  SELECT r.received FROM logmesh.records r
  WHERE r.service = w.service AND r.time >= w.newest AND r.time < w.newest + interval '1 minute' LIMIT 1
) AS last
WHERE last.received - first.received >= (w.newest - w.oldest) / 2
