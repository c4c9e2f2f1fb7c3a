-- TimescaleDB: a hypertable with columnstore; batches are compressed as they are copied in.
-- The declarative partitioning of 0001 gives way to chunks, so the table is made anew while it is empty.
CREATE TABLE logmesh.logs_hyper (LIKE logmesh.logs INCLUDING DEFAULTS);
DROP TABLE logmesh.logs;
ALTER TABLE logmesh.logs_hyper RENAME TO logs;
GRANT INSERT ON logmesh.logs TO logmesh_writer;
SELECT create_hypertable('logmesh.logs', by_range('time', interval '1 hour'), create_default_indexes => false);
ALTER TABLE logmesh.logs SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'tenant, service',
  timescaledb.orderby = 'time DESC, position DESC', timescaledb.sparse_index = 'bloom(trace_id),minmax(severity)');
CALL add_columnstore_policy('logmesh.logs', after => interval '2 hours', schedule_interval => interval '10 minutes');

CREATE FUNCTION logmesh.maintain(keep interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  RETURN (SELECT count(*) FROM public.drop_chunks('logmesh.logs', older_than => greatest(keep, interval '9 days')));
END $$;
