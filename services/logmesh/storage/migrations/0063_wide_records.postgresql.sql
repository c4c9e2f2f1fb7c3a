-- Records that are there are not touched: they keep the narrow columns, those that come have the wide ones, and the view shows
-- whichever there is. logmesh.drop_narrow() ends this when retention has dropped the last partition of before.
ALTER TABLE logmesh.logs RENAME COLUMN spool TO narrow_spool;
ALTER TABLE logmesh.logs RENAME COLUMN origin TO narrow_origin;
ALTER TABLE logmesh.logs
  ALTER COLUMN narrow_spool DROP NOT NULL, ALTER COLUMN narrow_origin DROP NOT NULL,
  ADD COLUMN spool bigint, ADD COLUMN origin bigint,
  -- Not looked for in the rows of before. A partition that is made from now on has it from the start, which tells them apart.
  ADD CONSTRAINT logs_wide CHECK (spool IS NOT NULL AND origin IS NOT NULL) NOT VALID;

DROP VIEW logmesh.records;
CREATE VIEW logmesh.records WITH (security_barrier) AS
  SELECT l.time, l.ns, coalesce(l.spool, l.narrow_spool) AS spool, l.position, l.received, l.severity, l.severity_text, l.service,
         o.instance, l.trace_id, l.span_id, l.body, l.attributes, o.resource, o.scope_name, o.scope_version,
         l.original_time_unix_nano, coalesce(l.origin, l.narrow_origin) AS origin
  FROM logmesh.logs l LEFT JOIN logmesh.origins o ON o.origin = coalesce(l.origin, l.narrow_origin)
  WHERE l.tenant = (SELECT logmesh.tenant());
GRANT SELECT ON logmesh.records TO logmesh_reader;

-- Processors of releases before write narrow numbers. Their rows would be refused one by one, as if the data were at fault: they
-- are to hear of it before the first one.
CREATE OR REPLACE FUNCTION logmesh.written_from() RETURNS int LANGUAGE sql STABLE AS $$ SELECT 63 $$;
CREATE TRIGGER refuse_older BEFORE INSERT ON logmesh.logs FOR EACH STATEMENT EXECUTE FUNCTION logmesh.refuse_older();

-- For maintenance, again and again. The last time it drops itself.
CREATE FUNCTION logmesh.drop_narrow() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  -- A day later no process is left that looked a spool up before; any other hears of it when it asks for a spool's number.
  IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'logmesh.logs'::regclass AND tgname = 'refuse_older')
     AND (SELECT applied < now() - interval '1 day' FROM logmesh.migrations WHERE name = '0063_wide_records.postgresql.sql') THEN
    DROP TRIGGER refuse_older ON logmesh.logs;
  END IF;
  IF EXISTS (SELECT FROM pg_inherits i JOIN pg_constraint k ON k.conrelid = i.inhrelid
             WHERE i.inhparent = 'logmesh.logs'::regclass AND k.conname = 'logs_wide' AND NOT k.convalidated) THEN
    RETURN;
  END IF;
  -- Nothing is scanned: each partition has the constraint, and the constraint proves what is set.
  ALTER TABLE logmesh.logs VALIDATE CONSTRAINT logs_wide;
  ALTER TABLE logmesh.logs ALTER COLUMN spool SET NOT NULL, ALTER COLUMN origin SET NOT NULL;
  CREATE OR REPLACE VIEW logmesh.records WITH (security_barrier) AS
    SELECT l.time, l.ns, l.spool, l.position, l.received, l.severity, l.severity_text, l.service, o.instance,
           l.trace_id, l.span_id, l.body, l.attributes, o.resource, o.scope_name, o.scope_version, l.original_time_unix_nano,
           l.origin
    FROM logmesh.logs l LEFT JOIN logmesh.origins o USING (origin) WHERE l.tenant = (SELECT logmesh.tenant());
  CREATE OR REPLACE VIEW logmesh.record_counts WITH (security_barrier) AS
    SELECT c.minute, c.severity, c.records, o.service, o.instance, o.resource, o.scope_name, o.scope_version
    FROM logmesh.counts c JOIN logmesh.origins o USING (origin) WHERE o.tenant = logmesh.tenant();
  DROP TRIGGER IF EXISTS refuse_older ON logmesh.logs;
  ALTER TABLE logmesh.logs DROP CONSTRAINT logs_wide, DROP COLUMN narrow_spool, DROP COLUMN narrow_origin;
  DROP TABLE logmesh.narrow_counts;
  DROP FUNCTION logmesh.drop_narrow();
END $$;
REVOKE ALL ON FUNCTION logmesh.drop_narrow() FROM PUBLIC;
