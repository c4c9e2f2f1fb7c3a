-- Records of the lake's open generations at given positions, in the order in which they were stored. In: the place behind which they are
-- (stored, spool, position); the range of their times (oldest, newest); most rows and, but for the last of them, most bytes; by range
-- when its flush stored it (microseconds since 1970), its spool, first and last position; and a condition. Out: `found` rows of which
-- as many are here as the bytes allow, each of about `size` bytes.
SELECT * FROM (
  SELECT *, count(*) OVER () AS found,
         sum(size) OVER (ORDER BY stored, spool, position ROWS UNBOUNDED PRECEDING) - size AS before
  FROM (
    SELECT due.stored, time, ns, spool, position, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
           resource, scope_name, scope_version, original_time_unix_nano, extra, origin_extra,
           octet_length(body) + coalesce(pg_column_size(attributes), 0) AS size
    FROM logmesh.hot_records
    JOIN unnest(:moments::bigint[], :spools::bigint[], :firsts::bigint[], :lasts::bigint[]) AS due(stored, number, first, last)
      ON spool = due.number AND position BETWEEN due.first AND due.last
    WHERE time >= :oldest::timestamptz AND time < :newest::timestamptz
      AND (due.stored, spool, position) > (:stored::bigint, :spool::bigint, :position::bigint)
      AND :condition
    ORDER BY due.stored, spool, position LIMIT :most::int
  ) AS page
) AS sized
WHERE before < :max_bytes::bigint ORDER BY stored, spool, position
