-- What is committed of the spools that were written to lately. In: since when. Out: the time before which all that was
-- committed is seen here, one after all that is, and a row a spool, or one without a spool where there is none. (A flush
-- may begin and commit between the begin of this transaction and the snapshot of this statement.)
SELECT now() AS seen_until, clock_timestamp() AS now, l.spool, l.committed::text AS committed
FROM (SELECT) AS once LEFT JOIN logmesh.ledger AS l ON l.last_commit >= $1::timestamptz
