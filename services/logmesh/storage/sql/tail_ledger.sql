-- What is committed of the spools that were written to lately. In: since when. Out: the time before which all that was
-- committed is seen here, and a row a spool, or one without a spool where there is none.
SELECT now() AS now, l.spool, l.committed::text AS committed
FROM (SELECT) AS once LEFT JOIN logmesh.ledger AS l ON l.last_commit >= $1::timestamptz
