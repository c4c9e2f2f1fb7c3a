-- Records of some flushes at given positions, in the order in which they were stored. In: the place behind which they are (received,
-- spool, position); of the flushes the first and last moment of storing, and the range of their rows' times (oldest, newest); most rows
-- and, but for the last of them, most bytes; by range its spool, first and last position; and a condition. Out: `found` rows of which
-- as many are here as the bytes allow.
SELECT * FROM (
  SELECT *, count(*) OVER () AS found,
         sum(size) OVER (ORDER BY received, spool, position ROWS UNBOUNDED PRECEDING) - size AS before
  FROM (
    SELECT received, time, ns, spool, position, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
           resource, scope_name, scope_version, original_time_unix_nano, extra, origin_extra,
           octet_length(body) + coalesce(pg_column_size(attributes), 0) AS size
    FROM logmesh.records AS r
    WHERE received BETWEEN :first_stored::timestamptz AND :last_stored::timestamptz
      AND (received, spool, position) > (:received::timestamptz, :spool::bigint, :position::bigint)
      AND time >= :oldest::timestamptz AND time < :newest::timestamptz
      AND spool = ANY (:spools::bigint[])
      AND EXISTS (SELECT FROM unnest(:spools::bigint[], :firsts::bigint[], :lasts::bigint[]) AS due (number, first, last)
                  WHERE due.number = r.spool AND r.position BETWEEN due.first AND due.last)
      AND :condition
    ORDER BY received, spool, position LIMIT :most::int
  ) AS page
) AS sized
WHERE before < :max_bytes::bigint ORDER BY received, spool, position
