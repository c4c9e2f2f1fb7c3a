-- The table of logs on TimescaleDB, a hypertable with columnstore. The schema around it is baseline.sql's.
-- Nothing is unique here; the ledger makes the table exactly-once.
-- position = batch number << 14 | entry in the batch; (spool, position) is a record's identity.
CREATE TABLE logmesh.logs (
  time                    timestamptz NOT NULL,
  position                bigint NOT NULL,
  span_id                 bigint,
  original_time_unix_nano bigint,
  received                timestamptz NOT NULL DEFAULT now(),
  spool                   bigint,  -- never null: in a database that had narrower ones, all chunks would be read to say so
  origin                  bigint,
  ns                      smallint NOT NULL,
  severity                smallint NOT NULL,
  trace_id                uuid,
  tenant                  text NOT NULL,
  service                 text NOT NULL,
  severity_text           text,
  body                    text NOT NULL,
  attributes              jsonb,
  extra                   jsonb  -- what few records say: see record/rare
);
GRANT INSERT ON logmesh.logs TO logmesh_writer;

-- Large flushes are compressed as they are copied in, small ones later.
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
-- For tails, which read what was stored since they last looked.
CREATE INDEX logs_received_idx ON logmesh.logs USING brin (received) WITH (autosummarize = on);

-- What readers see: logs with their origin, one tenant at a time. On the view and not by row-level security, which a chunk that is
-- selected directly escapes. In the order of a search: a security barrier plans its inside alone, and TimescaleDB merges compressed
-- batches in order only where the order is asked for.
CREATE VIEW logmesh.records WITH (security_barrier) AS
  SELECT l.time, l.ns, l.spool, l.position, l.received, l.severity, l.severity_text, l.service, o.instance,
         l.trace_id, l.span_id, l.body, l.attributes, o.resource, o.scope_name, o.scope_version, l.original_time_unix_nano,
         l.origin, l.extra, o.extra AS origin_extra
  FROM logmesh.logs l JOIN logmesh.origins o USING (origin) WHERE l.tenant = logmesh.tenant()
  ORDER BY l.time DESC, l.ns DESC, l.spool DESC, l.position DESC;
GRANT SELECT ON logmesh.records TO logmesh_reader;

-- The times of records that are rows, of all tenants: a gateway of the lake asks rows only for those.
CREATE VIEW logmesh.row_times AS SELECT min(time) AS oldest, max(time) AS newest FROM logmesh.logs;
GRANT SELECT ON logmesh.row_times TO logmesh_reader;

-- Chunks make themselves, and are dropped without waiting for a lock longer than two seconds.
CREATE FUNCTION logmesh.make_partitions() RETURNS int LANGUAGE sql SET search_path = pg_catalog AS $$ SELECT 0 $$;

-- For processors of releases before, which know no other maintenance. Chunks that are in use are left for the next time.
CREATE FUNCTION logmesh.maintain(keep interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '1s' AS $$
DECLARE dropped int;
BEGIN
  EXECUTE format('SELECT count(*) FROM %I.drop_chunks(''logmesh.logs'', older_than => $1)',
                 (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                  WHERE e.extname = 'timescaledb'))
    INTO dropped USING greatest(keep, interval '9 days');
  RETURN dropped;
EXCEPTION WHEN lock_not_available THEN
  RETURN 0;
END $$;

REVOKE ALL ON FUNCTION logmesh.make_partitions(), logmesh.maintain(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.make_partitions(), logmesh.maintain(interval) TO logmesh_writer;
