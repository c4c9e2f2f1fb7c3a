-- Records that are there are not touched: they keep the narrow columns, those that come have the wide ones, and the view shows
-- whichever there is. logmesh.drop_narrow() ends this when retention has dropped the last chunk of before.
ALTER TABLE logmesh.logs RENAME COLUMN spool TO narrow_spool;
ALTER TABLE logmesh.logs RENAME COLUMN origin TO narrow_origin;
ALTER TABLE logmesh.logs ALTER COLUMN narrow_spool DROP NOT NULL;
ALTER TABLE logmesh.logs ALTER COLUMN narrow_origin DROP NOT NULL;
ALTER TABLE logmesh.logs ADD COLUMN spool bigint;
ALTER TABLE logmesh.logs ADD COLUMN origin bigint;
-- Chunks that are compressed already keep the order that they have.
ALTER TABLE logmesh.logs SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'tenant, service',
  timescaledb.orderby = 'time DESC, ns DESC, spool DESC, position DESC', timescaledb.sparse_index = 'bloom(trace_id),minmax(severity)');

-- In the order that chunks of both kinds have; what has one time is put in order by an incremental sort.
DROP VIEW logmesh.records;
CREATE VIEW logmesh.records WITH (security_barrier) AS
  SELECT l.time, l.ns, coalesce(l.spool, l.narrow_spool) AS spool, l.position, l.received, l.severity, l.severity_text, l.service,
         o.instance, l.trace_id, l.span_id, l.body, l.attributes, o.resource, o.scope_name, o.scope_version,
         l.original_time_unix_nano, coalesce(l.origin, l.narrow_origin) AS origin
  FROM logmesh.logs l JOIN logmesh.origins o ON o.origin = coalesce(l.origin, l.narrow_origin)
  WHERE l.tenant = logmesh.tenant() ORDER BY l.time DESC, l.ns DESC;
GRANT SELECT ON logmesh.records TO logmesh_reader;

-- Processors of releases before write narrow numbers. Their rows would be refused one by one, as if the data were at fault: they
-- are to hear of it before the first one. Beside it TimescaleDB 2.29 compresses what is copied in all the same.
CREATE OR REPLACE FUNCTION logmesh.written_from() RETURNS int LANGUAGE sql STABLE AS $$ SELECT 63 $$;
CREATE TRIGGER refuse_older BEFORE INSERT ON logmesh.logs FOR EACH STATEMENT EXECUTE FUNCTION logmesh.refuse_older();

-- For maintenance, again and again. The last time it drops itself.
CREATE FUNCTION logmesh.drop_narrow() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  began timestamptz := (SELECT applied FROM logmesh.migrations WHERE name = '0063_wide_records.timescaledb.sql');
  left_over boolean;
BEGIN
  -- A day later no process is left that looked a spool up before; any other hears of it when it asks for a spool's number.
  IF began < now() - interval '1 day'
     AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'logmesh.logs'::regclass AND tgname = 'refuse_older') THEN
    DROP TRIGGER refuse_older ON logmesh.logs;
  END IF;
  -- Older processors wrote until this had its locks, a little after it began.
  EXECUTE format('SELECT EXISTS (SELECT FROM %I.show_chunks(''logmesh.logs'', created_before => $1))',
                 (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                  WHERE e.extname = 'timescaledb'))
    INTO left_over USING began + interval '1 hour';
  IF left_over THEN
    RETURN;
  END IF;
  CREATE OR REPLACE VIEW logmesh.records WITH (security_barrier) AS
    SELECT l.time, l.ns, l.spool, l.position, l.received, l.severity, l.severity_text, l.service, o.instance,
           l.trace_id, l.span_id, l.body, l.attributes, o.resource, o.scope_name, o.scope_version, l.original_time_unix_nano,
           l.origin
    FROM logmesh.logs l JOIN logmesh.origins o USING (origin) WHERE l.tenant = logmesh.tenant()
    ORDER BY l.time DESC, l.ns DESC, l.spool DESC, l.position DESC;
  CREATE OR REPLACE VIEW logmesh.record_counts WITH (security_barrier) AS
    SELECT c.minute, c.severity, c.records, o.service, o.instance, o.resource, o.scope_name, o.scope_version
    FROM logmesh.counts c JOIN logmesh.origins o USING (origin) WHERE o.tenant = logmesh.tenant();
  DROP TRIGGER IF EXISTS refuse_older ON logmesh.logs;
  ALTER TABLE logmesh.logs DROP COLUMN narrow_spool;
  ALTER TABLE logmesh.logs DROP COLUMN narrow_origin;
  DROP TABLE logmesh.narrow_counts;
  DROP FUNCTION logmesh.drop_narrow();
END $$;
REVOKE ALL ON FUNCTION logmesh.drop_narrow() FROM PUBLIC;
