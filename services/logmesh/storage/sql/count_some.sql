-- How many records a window holds, as far as that matters. In: from, before; the number that is enough.
SELECT count(*) FROM (
  SELECT FROM logmesh.records WHERE time >= $1::timestamptz AND time < $2::timestamptz LIMIT $3::int
) AS found
