-- One record. In: from (time), before (time), spool, position.
SELECT time, ns, spool, position, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
       resource, scope_name, scope_version, original_time_unix_nano, extra, origin_extra
FROM logmesh.records
WHERE time >= $1::timestamptz AND time < $2::timestamptz AND spool = $3::bigint AND position = $4::bigint LIMIT 1
