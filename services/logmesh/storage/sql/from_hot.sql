-- Rows of the lake's open generations in a range, named `counted`; `unix_nano` is their time. In: start, start_ns, end, end_ns
-- (nanoseconds below the microsecond), and a condition.
WITH counted AS (
  SELECT (extract(epoch FROM time) * 1000000)::bigint * 1000 + ns AS unix_nano, time, spool, position, received, severity, service,
         instance, resource, attributes, body
  FROM logmesh.hot_records
  WHERE time >= :start::timestamptz AND time <= :end::timestamptz
    AND (time, ns) >= (:start::timestamptz, :start_ns::smallint) AND (time, ns) < (:end::timestamptz, :end_ns::smallint)
    AND :condition
)
