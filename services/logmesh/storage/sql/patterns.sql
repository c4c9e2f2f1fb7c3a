-- The newest records of a range, newest first: who, how severe, and the beginning of the body. In: start, start_ns, end, end_ns
-- (nanoseconds below the microsecond), how many at most, how many characters of the body, and a condition.
SELECT time, ns, spool, position, severity, service, left(body, :characters::int) AS body
FROM logmesh.records
WHERE time >= :start::timestamptz AND time <= :end::timestamptz
  AND (time, ns) >= (:start::timestamptz, :start_ns::smallint) AND (time, ns) < (:end::timestamptz, :end_ns::smallint)
  AND :condition
ORDER BY time DESC, ns DESC, spool DESC, position DESC LIMIT :most::int
