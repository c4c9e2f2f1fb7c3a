-- Forgets notes that a dump brought from another server: their numbers would mean transactions that are yet to come.
WITH foreign_notes AS (
  DELETE FROM logmesh.flushes WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())
)
UPDATE logmesh.flushes_forgotten SET xid = pg_snapshot_xmax(pg_current_snapshot()), received = now()
WHERE xid > pg_snapshot_xmax(pg_current_snapshot())
