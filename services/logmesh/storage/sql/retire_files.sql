-- Has files make room whose records, and their receipt, are all older than retention. In: days. Out: these files.
UPDATE logmesh.files SET dead_xid = pg_current_xact_id(), died = now()
WHERE dead_xid IS NULL AND newest < (extract(epoch FROM now() - make_interval(days => $1)) * 1000000)::bigint * 1000
RETURNING file
