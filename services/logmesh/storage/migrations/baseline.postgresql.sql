-- The table of logs on plain PostgreSQL, a partition a day. The schema around it is baseline.sql's.
-- Nothing is unique here; the ledger makes the table exactly-once.
-- position = batch number << 14 | entry in the batch; (spool, position) is a record's identity.
CREATE TABLE logmesh.logs (
  time                    timestamptz NOT NULL,
  position                bigint NOT NULL,
  span_id                 bigint,
  original_time_unix_nano bigint,
  received                timestamptz NOT NULL DEFAULT now(),
  spool                   bigint NOT NULL,
  origin                  bigint NOT NULL,
  ns                      smallint NOT NULL,
  severity                smallint NOT NULL,
  trace_id                uuid,
  tenant                  text NOT NULL,
  service                 text NOT NULL,
  severity_text           text,
  body                    text NOT NULL,
  attributes              jsonb,
  extra                   jsonb  -- what few records say: see record/rare
) PARTITION BY RANGE (time);

-- Rows come in almost in the order of time, so they go to the index's last page without a descent. An incremental sort puts equal
-- times in order; what a search doesn't want is passed over in the index.
CREATE INDEX logs_time_service_tenant_idx ON logmesh.logs (time, service, tenant);
CREATE INDEX ON logmesh.logs (trace_id) WHERE trace_id IS NOT NULL;
-- For tails, which read what was stored since they last looked: a few pages, for rows come in the order of `received`.
CREATE INDEX logs_received_idx ON logmesh.logs USING brin (received) WITH (autosummarize = on);

-- What readers see: logs with their origin, one tenant at a time. On the view and not by row-level security, which a partition
-- that is selected directly escapes. A left join, although every record has an origin: the planner leaves it out where nothing of
-- the origin is asked for, which is a third of counting. The tenant is looked up once and not for every row, and more than one
-- process may read.
ALTER FUNCTION logmesh.tenant() PARALLEL SAFE;
CREATE VIEW logmesh.records WITH (security_barrier) AS
  SELECT l.time, l.ns, l.spool, l.position, l.received, l.severity, l.severity_text, l.service, o.instance,
         l.trace_id, l.span_id, l.body, l.attributes, o.resource, o.scope_name, o.scope_version, l.original_time_unix_nano,
         l.origin, l.extra, o.extra AS origin_extra
  FROM logmesh.logs l LEFT JOIN logmesh.origins o USING (origin) WHERE l.tenant = (SELECT logmesh.tenant());

GRANT INSERT ON logmesh.logs TO logmesh_writer;
GRANT SELECT ON logmesh.records TO logmesh_reader;

-- The times of records that are rows, of all tenants: a gateway of the lake asks rows only for those.
CREATE VIEW logmesh.row_times AS SELECT min(time) AS oldest, max(time) AS newest FROM logmesh.logs;
GRANT SELECT ON logmesh.row_times TO logmesh_reader;

-- Partitions are made beside the table and attached, which locks out neither readers nor writers. Nothing here waits for a lock
-- longer than two seconds. An owner's session drops the old ones (storage/maintenance).
CREATE FUNCTION logmesh.make_partitions(today date) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog SET lock_timeout = '2s' AS $$
DECLARE
  d date;
  name text;
  made int := 0;
BEGIN
  -- One caller at a time; the others find the work done.
  PERFORM pg_advisory_xact_lock(hashtextextended('logmesh.make_partitions', 0));
  FOR d IN SELECT generate_series(today - 8, today + 2, interval '1 day')::date LOOP
    name := 'logs_' || to_char(d, 'YYYYMMDD');
    CONTINUE WHEN to_regclass('logmesh.' || name) IS NOT NULL;
    EXECUTE format('CREATE TABLE logmesh.%I (LIKE logmesh.logs INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE logmesh.logs ATTACH PARTITION logmesh.%I FOR VALUES FROM (%L) TO (%L)',
                   name, d::timestamp AT TIME ZONE 'UTC', (d + 1)::timestamp AT TIME ZONE 'UTC');
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;

-- For a writer that finds no partition for a row.
CREATE FUNCTION logmesh.make_partitions() RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT logmesh.make_partitions((now() AT TIME ZONE 'UTC')::date)
$$;

-- For processors of releases before, which know no other maintenance. A partition that is in use is left for the next time.
CREATE FUNCTION logmesh.maintain(keep interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '1s' AS $$
DECLARE
  r record;
  dropped int := 0;
BEGIN
  PERFORM logmesh.make_partitions();
  FOR r IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = 'logmesh.logs'::regclass AND c.relname ~ '^logs_\d{8}$' AND NOT i.inhdetachpending
             AND c.relname < 'logs_' || to_char((now() - greatest(keep, interval '9 days')) AT TIME ZONE 'UTC', 'YYYYMMDD')
           ORDER BY c.relname LOOP
    BEGIN
      EXECUTE format('DROP TABLE logmesh.%I', r.relname);
      dropped := dropped + 1;
    EXCEPTION WHEN lock_not_available THEN
      RETURN dropped;
    END;
  END LOOP;
  RETURN dropped;
END $$;

REVOKE ALL ON FUNCTION logmesh.make_partitions(date), logmesh.make_partitions(), logmesh.maintain(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.make_partitions(), logmesh.maintain(interval) TO logmesh_writer;

SELECT logmesh.make_partitions();
