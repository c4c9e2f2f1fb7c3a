-- Tables, roles and views that are the same on PostgreSQL and on TimescaleDB.
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['logmesh_writer', 'logmesh_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE format('CREATE ROLE %I NOLOGIN', r); END IF;
  END LOOP;
END $$;
GRANT USAGE ON SCHEMA logmesh TO logmesh_writer, logmesh_reader;

-- What produced records: resource and scope. Logs refer to it by number.
CREATE TABLE logmesh.origins (
  origin        int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant        text NOT NULL,
  service       text NOT NULL,
  instance      text NOT NULL,
  resource      jsonb NOT NULL,
  scope_name    text NOT NULL,
  scope_version text NOT NULL,
  digest        bytea NOT NULL UNIQUE
);

-- The ledger: one row a producer's spool. `committed` is the only watermark there is.
CREATE TABLE logmesh.spools (
  spool        int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant       text NOT NULL,
  spool_id     uuid NOT NULL,
  producer     text NOT NULL,
  principal    text NOT NULL,
  epoch        bigint NOT NULL DEFAULT 0,
  committed    int8multirange NOT NULL DEFAULT '{}',
  stored       bigint NOT NULL DEFAULT 0,
  dead_letters bigint NOT NULL DEFAULT 0,
  lag          interval,
  created      timestamptz NOT NULL DEFAULT now(),
  last_commit  timestamptz,
  UNIQUE (tenant, spool_id)
) WITH (fillfactor = 50);  -- updated with every flush: room for HOT updates

-- Records. Nothing is unique here; the ledger makes the table exactly-once.
-- position = batch number << 14 | entry in the batch; (spool, position) is a record's identity.
CREATE TABLE logmesh.logs (
  time                    timestamptz NOT NULL,
  position                bigint NOT NULL,
  span_id                 bigint,
  original_time_unix_nano bigint,
  received                timestamptz NOT NULL DEFAULT now(),
  spool                   int NOT NULL,
  origin                  int NOT NULL,
  ns                      smallint NOT NULL,
  severity                smallint NOT NULL,
  trace_id                uuid,
  tenant                  text NOT NULL,
  service                 text NOT NULL,
  severity_text           text,
  body                    text NOT NULL,
  attributes              jsonb
) PARTITION BY RANGE (time);

CREATE TABLE logmesh.dead_letters (
  received timestamptz NOT NULL DEFAULT now(),
  tenant   text NOT NULL,
  spool    int NOT NULL,
  position bigint NOT NULL,
  reason   text NOT NULL,
  entry    bytea NOT NULL
);
CREATE INDEX ON logmesh.dead_letters (received);

CREATE FUNCTION logmesh.tenant() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('app.tenant', true) $$;

CREATE VIEW logmesh.ledger WITH (security_barrier) AS
  SELECT spool, spool_id, producer, committed, stored, dead_letters, lag, created, last_commit
  FROM logmesh.spools WHERE tenant = logmesh.tenant();

CREATE VIEW logmesh.refused WITH (security_barrier) AS
  SELECT received, spool, position, reason, entry FROM logmesh.dead_letters WHERE tenant = logmesh.tenant();

-- The writer may add logs and never read them; the reader sees one tenant at a time and can't write.
GRANT INSERT ON logmesh.logs, logmesh.dead_letters TO logmesh_writer;
GRANT SELECT, INSERT, UPDATE ON logmesh.spools TO logmesh_writer;
GRANT SELECT, INSERT ON logmesh.origins TO logmesh_writer;
GRANT SELECT ON logmesh.ledger, logmesh.refused TO logmesh_reader;

-- What tells a restored or replaced database from the one before.
CREATE FUNCTION logmesh.incarnation() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT (SELECT system_identifier FROM pg_control_system())::text || '-' ||
         (SELECT oid FROM pg_database WHERE datname = current_database())::text || '-' ||
         (SELECT timeline_id FROM pg_control_checkpoint())::text
$$;
