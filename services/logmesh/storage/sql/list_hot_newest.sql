-- Records of the lake's open generations between two places, newest first. In: the places (time, nanoseconds, spool, position), and how
-- many at most; spools and positions where only such are wanted, else null; most bytes, but for the first one; how many characters of
-- a body, all where null; then the parameters of the filter, whose condition takes the place of the last TRUE. Out: `found` rows of
-- which as many are here as the bytes allow.
SELECT * FROM (
  SELECT *, count(*) OVER () AS found, sum(size) OVER (ORDER BY time DESC, ns DESC, spool DESC, position DESC ROWS UNBOUNDED PRECEDING) - size AS before
  FROM (
    SELECT time, ns, spool, position, received, severity, severity_text, service, instance, trace_id, span_id,
           left(body, coalesce($13::int, length(body))) AS body, attributes, resource, scope_name, scope_version,
           original_time_unix_nano, extra, origin_extra,
           least(octet_length(body), $13::int) + coalesce(pg_column_size(attributes), 0) AS size
    FROM logmesh.hot_records
    WHERE time BETWEEN $1::timestamptz AND $5::timestamptz
      AND (time, ns, spool, position) > ($1::timestamptz, $2::smallint, $3::bigint, $4::bigint)
      AND (time, ns, spool, position) < ($5::timestamptz, $6::smallint, $7::bigint, $8::bigint)
      AND ($10::bigint[] IS NULL OR (spool, position) IN (SELECT * FROM unnest($10::bigint[], $11::bigint[])))
      AND TRUE
    ORDER BY time DESC, ns DESC, spool DESC, position DESC LIMIT $9::int
  ) AS first
) AS sized
WHERE before < $12::bigint ORDER BY time DESC, ns DESC, spool DESC, position DESC
