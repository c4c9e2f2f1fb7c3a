-- Records of a range one by one, named `counted`. In: start, start_ns, end, end_ns (nanoseconds below the microsecond), and a
-- condition.
WITH counted AS (
  SELECT time, severity, service, instance, resource, attributes, 1 AS records
  FROM logmesh.records
  WHERE time >= :start::timestamptz AND time <= :end::timestamptz
    AND (time, ns) >= (:start::timestamptz, :start_ns::smallint) AND (time, ns) < (:end::timestamptz, :end_ns::smallint)
    AND :condition
)
