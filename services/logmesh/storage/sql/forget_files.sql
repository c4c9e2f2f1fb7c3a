-- Forgets files whose place others took so many seconds ago, and in a transaction that all others have seen. In: the incarnations whose
-- files are ours, seconds.
DELETE FROM logmesh.files
WHERE dead_xid < pg_snapshot_xmin(pg_current_snapshot()) AND died < now() - make_interval(secs => $2) AND incarnation = ANY ($1::text[])
RETURNING incarnation, file
