-- Records of the lake's open generations at given positions, in the order in which they were stored. In: after (received, spool,
-- position); the range of their times; most rows and, but for the last of them, most bytes; by range when its flush stored it
-- (microseconds since 1970), its spool, first and last position; then the parameters of the filter, whose condition takes the place of
-- the last TRUE. Out: `found` rows of which as many are here as the bytes allow, each of about `size` bytes.
SELECT * FROM (
  SELECT *, count(*) OVER () AS found,
         sum(size) OVER (ORDER BY stored, spool, position ROWS UNBOUNDED PRECEDING) - size AS before
  FROM (
    SELECT due.stored, time, ns, spool, position, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
           resource, scope_name, scope_version, original_time_unix_nano, extra, origin_extra,
           octet_length(body) + coalesce(pg_column_size(attributes), 0) AS size
    FROM logmesh.hot_records
    JOIN unnest($8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[]) AS due(stored, number, first, last)
      ON spool = due.number AND position BETWEEN due.first AND due.last
    WHERE time >= $4::timestamptz AND time < $5::timestamptz AND (due.stored, spool, position) > ($1::bigint, $2::bigint, $3::bigint)
      AND TRUE
    ORDER BY due.stored, spool, position LIMIT $6::int
  ) AS page
) AS sized
WHERE before < $7::bigint ORDER BY stored, spool, position
