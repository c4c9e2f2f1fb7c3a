-- The newest records of a range one by one, named `counted`. In: start, start_ns, end, end_ns (nanoseconds below the
-- microsecond), how many at most, and a condition.
WITH counted AS (
  SELECT time, severity, service, instance, resource, attributes, 1 AS records
  FROM logmesh.records
  WHERE time >= :start::timestamptz AND time <= :end::timestamptz
    AND (time, ns) >= (:start::timestamptz, :start_ns::smallint) AND (time, ns) < (:end::timestamptz, :end_ns::smallint)
    AND :condition
  ORDER BY time DESC, ns DESC, spool DESC, position DESC LIMIT :most::int
)
