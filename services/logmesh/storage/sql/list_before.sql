-- Records of some origins of a service before a place, the nearest first.
-- In: service, origins, place (time, nanoseconds, spool, position), no earlier than (time, nanoseconds), most rows.
SELECT time, ns, spool, position, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
       resource, scope_name, scope_version, original_time_unix_nano, extra, origin_extra
FROM logmesh.records
WHERE service = $1::text AND origin = ANY($2::bigint[]) AND time BETWEEN $7::timestamptz AND $3::timestamptz
  AND (time, ns) >= ($7::timestamptz, $8::smallint)
  AND (time, ns, spool, position) < ($3::timestamptz, $4::smallint, $5::bigint, $6::bigint)
ORDER BY time DESC, ns DESC, spool DESC, position DESC LIMIT $9::int
