-- Records of some flushes at given positions, in the order in which they were stored. In: after (received, spool, position);
-- of the flushes the first and last moment of storing, and the range of their rows' times; most rows and, but for the last
-- of them, most bytes; by range its spool, first and last position; then the parameters of the filter, whose condition takes the
-- place of the last TRUE. Out: `found` rows of which as many are here as the bytes allow.
SELECT * FROM (
  SELECT *, count(*) OVER () AS found,
         sum(size) OVER (ORDER BY received, spool, position ROWS UNBOUNDED PRECEDING) - size AS before
  FROM (
    SELECT received, time, ns, spool, position, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
           resource, scope_name, scope_version, original_time_unix_nano, extra, origin_extra,
           octet_length(body) + coalesce(pg_column_size(attributes), 0) AS size
    FROM logmesh.records AS r
    WHERE received BETWEEN $4::timestamptz AND $5::timestamptz AND (received, spool, position) > ($1::timestamptz, $2::bigint, $3::bigint)
      AND time >= $6::timestamptz AND time < $7::timestamptz
      AND spool = ANY ($10::bigint[])
      AND EXISTS (SELECT FROM unnest($10::bigint[], $11::bigint[], $12::bigint[]) AS due (number, first, last)
                  WHERE due.number = r.spool AND r.position BETWEEN due.first AND due.last)
      AND TRUE
    ORDER BY received, spool, position LIMIT $8::int
  ) AS page
) AS sized
WHERE before < $9::bigint ORDER BY received, spool, position
