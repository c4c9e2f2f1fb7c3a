-- Records of one window, newest first. In: start, start_ns (nanoseconds below the microsecond), the place before which they are (end,
-- end_ns, spool, position), most rows, and a condition.
SELECT time, ns, spool, position, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
       resource, scope_name, scope_version, original_time_unix_nano, extra, origin_extra
FROM logmesh.records
WHERE time BETWEEN :start::timestamptz AND :end::timestamptz AND (time, ns) >= (:start::timestamptz, :start_ns::smallint)
  AND (time, ns, spool, position) < (:end::timestamptz, :end_ns::smallint, :spool::bigint, :position::bigint)
  AND :condition
ORDER BY time DESC, ns DESC, spool DESC, position DESC LIMIT :most::int
