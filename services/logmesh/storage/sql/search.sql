-- Records of one window, newest first. In: from (time, nanoseconds), before (time, nanoseconds, spool, position), most rows;
-- then the parameters of the filter, whose condition takes the place of the last TRUE.
SELECT time, ns, spool, position, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
       resource, scope_name, scope_version, original_time_unix_nano, extra, origin_extra
FROM logmesh.records
WHERE time BETWEEN $1::timestamptz AND $3::timestamptz AND (time, ns) >= ($1::timestamptz, $2::smallint)
  AND (time, ns, spool, position) < ($3::timestamptz, $4::smallint, $5::bigint, $6::bigint)
  AND TRUE
ORDER BY time DESC, ns DESC, spool DESC, position DESC LIMIT $7::int
