-- Whole records by their times, and by numbers that tell them apart within a spool. In: times and positions; a few records
-- more than were meant come out, which the caller passes over.
SELECT time, ns, spool, position, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
       resource, scope_name, scope_version, original_time_unix_nano, extra, origin_extra
FROM logmesh.records WHERE time = ANY ($1::timestamptz[]) AND position = ANY ($2::bigint[])
