-- Records of a trace, oldest first. In: trace id, from (time, nanoseconds), before (time, nanoseconds), most rows; spools and
-- positions of records that are known already and stay out.
SELECT time, ns, spool, position, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
       resource, scope_name, scope_version, original_time_unix_nano, extra, origin_extra, origin
FROM logmesh.records AS r
WHERE trace_id = $1::uuid
  AND time BETWEEN $2::timestamptz AND $4::timestamptz AND (time, ns) >= ($2::timestamptz, $3::smallint)
  AND (time, ns) < ($4::timestamptz, $5::smallint)
  AND NOT EXISTS (SELECT FROM unnest($7::bigint[], $8::bigint[]) AS known(spool, position)
                  WHERE known.spool = r.spool AND known.position = r.position)
ORDER BY time, ns, spool, position LIMIT $6::int
