-- Adds what a flush stored to the counts. In, by row: minutes since 1970, origin, severity, records; each key once and in
-- order, so that two flushes lock rows in one order and can't deadlock.
INSERT INTO logmesh.counts AS c (minute, origin, severity, records)
SELECT to_timestamp(d.minute * 60::float8), d.origin, d.severity, d.records
FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[]) AS d(minute, origin, severity, records)
ON CONFLICT (minute, origin, severity) DO UPDATE SET records = c.records + excluded.records
