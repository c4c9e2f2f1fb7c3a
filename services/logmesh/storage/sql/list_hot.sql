-- Records of the lake's open generations between two places, in order. In: the places (low_, high_: time, nanoseconds, spool, position),
-- the order, how many at most; spools and positions where only such are wanted, else null; most bytes, but for the first one; how many
-- characters of a body, without its attributes, or null for all of both; and a condition. Out: `found` rows of which as many are here as
-- the bytes allow.
SELECT * FROM (
  SELECT time, ns, spool, position, received, severity, severity_text, service, instance, trace_id, span_id,
         left(body, coalesce(:characters::int, length(body))) AS body,
         CASE WHEN :characters::int IS NULL THEN attributes END AS attributes, resource, scope_name, scope_version,
         original_time_unix_nano, extra, origin_extra,
         size, count(*) OVER () AS found, sum(size) OVER (ORDER BY :order ROWS UNBOUNDED PRECEDING) - size AS before
  FROM (
    SELECT * FROM logmesh.hot_records
    WHERE time BETWEEN :low_time::timestamptz AND :high_time::timestamptz
      AND (time, ns, spool, position) > (:low_time::timestamptz, :low_ns::smallint, :low_spool::bigint, :low_position::bigint)
      AND (time, ns, spool, position) < (:high_time::timestamptz, :high_ns::smallint, :high_spool::bigint, :high_position::bigint)
      AND (:spools::bigint[] IS NULL OR (spool, position) IN (SELECT * FROM unnest(:spools::bigint[], :positions::bigint[])))
      AND :condition
    ORDER BY :order LIMIT :most::int
  ) AS first
  CROSS JOIN LATERAL (SELECT least(octet_length(body), :characters::int) + coalesce(pg_column_size(attributes), 0) AS size) AS taken
) AS sized
WHERE before < :max_bytes::bigint ORDER BY :order
