-- Records of a range by their counts, named `counted`: whole minutes from the rollup, the parts of minutes at both ends one
-- by one. In: start, start_ns, end, end_ns (nanoseconds below the microsecond), the first whole minute, the end of the last
-- one, and a condition. The first whole minute is never after the end of the last.
WITH counted AS (
  SELECT minute AS time, severity, service, instance, resource, NULL::jsonb AS attributes, records
  FROM logmesh.record_counts
  WHERE minute >= :first_minute::timestamptz AND minute < :last_minute::timestamptz AND :condition
  UNION ALL
  SELECT time, severity, service, instance, resource, NULL, 1
  FROM logmesh.records
  WHERE time >= :start::timestamptz AND time < :first_minute::timestamptz
    AND (time, ns) >= (:start::timestamptz, :start_ns::smallint) AND :condition
  UNION ALL
  SELECT time, severity, service, instance, resource, NULL, 1
  FROM logmesh.records
  WHERE time >= :last_minute::timestamptz AND time <= :end::timestamptz
    AND (time, ns) >= (:start::timestamptz, :start_ns::smallint) AND (time, ns) < (:end::timestamptz, :end_ns::smallint)
    AND :condition
)
