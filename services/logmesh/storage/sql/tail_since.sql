-- The first transaction whose flush began at a moment or later. In: the moment. Out: its number, or no row.
SELECT xid::text AS xid
FROM (SELECT xid FROM logmesh.known_flushes WHERE received >= $1::timestamptz OFFSET 0) AS late  -- found by their time
ORDER BY late.xid LIMIT 1
