-- Files whose place others took so many seconds ago, and that may be a copy's, too. In: the incarnations whose files are ours, seconds.
-- Out: by incarnation how many, and their bytes.
SELECT incarnation, count(*) AS files, sum(bytes)::bigint AS bytes FROM logmesh.files
WHERE dead_xid IS NOT NULL AND died < now() - make_interval(secs => $2) AND NOT incarnation = ANY ($1::text[])
GROUP BY incarnation ORDER BY incarnation
