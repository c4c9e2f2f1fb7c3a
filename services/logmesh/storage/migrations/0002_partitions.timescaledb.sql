-- TimescaleDB: a hypertable with columnstore; large flushes are compressed as they are copied in, small ones later.
-- The declarative partitioning of 0001 gives way to chunks, so the table is made anew while it is empty.
CREATE TABLE logmesh.logs_hyper (LIKE logmesh.logs INCLUDING DEFAULTS);
DROP TABLE logmesh.logs;
ALTER TABLE logmesh.logs_hyper RENAME TO logs;
GRANT INSERT ON logmesh.logs TO logmesh_writer;

-- The extension's functions are wherever it was installed, and sessions search pg_catalog alone.
SELECT set_config('search_path', format('pg_catalog, %I', n.nspname), true)
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'timescaledb';
SELECT create_hypertable('logmesh.logs', by_range('time', interval '1 hour'), create_default_indexes => false);
-- In the order of a search, which then merges batches from their ends and reads no further than its page.
ALTER TABLE logmesh.logs SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'tenant, service',
  timescaledb.orderby = 'time DESC, ns DESC, spool DESC, position DESC', timescaledb.sparse_index = 'bloom(trace_id),minmax(severity)');
-- Only rows that are not compressed yet are in these. Nothing unique: that would turn direct compression off.
CREATE INDEX ON logmesh.logs (time);
CREATE INDEX ON logmesh.logs (trace_id) WHERE trace_id IS NOT NULL;
-- It converts rows, and puts in order what several flushes compressed one after another.
CALL add_columnstore_policy('logmesh.logs', after => interval '2 hours', schedule_interval => interval '10 minutes');
SELECT set_config('search_path', 'pg_catalog', true);

CREATE FUNCTION logmesh.maintain(keep interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE dropped int;
BEGIN
  -- One caller at a time; the others find the work done.
  PERFORM pg_advisory_xact_lock(hashtextextended('logmesh.maintain', 0));
  EXECUTE format('SELECT count(*) FROM %I.drop_chunks(''logmesh.logs'', older_than => $1)',
                 (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                  WHERE e.extname = 'timescaledb'))
    INTO dropped USING greatest(keep, interval '9 days');
  RETURN dropped;
END $$;
