-- Records at given positions, in the order in which they were stored. In: after (received, spool, position), before
-- (received), most rows, and by range its spool, first and last position; then the parameters of the filter, whose
-- condition takes the place of the last TRUE. Times are clamped when rows are stored, so those before tell the partitions.
SELECT received, time, ns, spool, position, severity, severity_text, service, instance, trace_id, span_id, body, attributes,
       resource, scope_name, scope_version, original_time_unix_nano
FROM logmesh.records AS r
WHERE received >= $1::timestamptz AND received < $4::timestamptz AND (received, spool, position) > ($1, $2::int, $3::bigint)
  AND time BETWEEN $1::timestamptz - interval '8 days' AND $4::timestamptz + interval '1 hour'
  AND spool = ANY ($6::int[])
  AND EXISTS (SELECT FROM unnest($6::int[], $7::bigint[], $8::bigint[]) AS due (number, first, last)
              WHERE due.number = r.spool AND r.position BETWEEN due.first AND due.last)
  AND TRUE
ORDER BY received, spool, position LIMIT $5::int
