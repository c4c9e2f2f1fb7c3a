-- Has files make room for the one that they were merged into, in its transaction. In: files. Out: those that were live until now.
UPDATE logmesh.files SET dead_xid = pg_current_xact_id(), died = now() WHERE file = ANY ($1::bigint[]) AND dead_xid IS NULL
RETURNING file
