-- Records of some origins of a service after a place, the nearest first.
-- In: service, origins, place (time, nanoseconds, spool, position), before (time, nanoseconds), most rows.
SELECT time, ns, spool, position, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
       resource, scope_name, scope_version, original_time_unix_nano, extra, origin_extra
FROM logmesh.records
WHERE service = $1::text AND origin = ANY($2::bigint[]) AND time BETWEEN $3::timestamptz AND $7::timestamptz
  AND (time, ns) < ($7::timestamptz, $8::smallint)
  AND (time, ns, spool, position) > ($3::timestamptz, $4::smallint, $5::bigint, $6::bigint)
ORDER BY time, ns, spool, position LIMIT $9::int
