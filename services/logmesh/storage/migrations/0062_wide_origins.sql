-- Origins are written anew. Counts are too many for that: those of before stay in a table of their own, which goes when what they
-- count has gone (logmesh.drop_narrow() of 0063). A minute may be in both; whoever reads counts adds them up.
DO $$
DECLARE records text := pg_get_viewdef('logmesh.records'::regclass);
BEGIN
  DROP VIEW logmesh.records, logmesh.known_origins, logmesh.record_counts;
  ALTER TABLE logmesh.origins ALTER COLUMN origin TYPE bigint;
  EXECUTE 'CREATE VIEW logmesh.records WITH (security_barrier) AS ' || records;
END $$;
GRANT SELECT ON logmesh.records TO logmesh_reader;

CREATE VIEW logmesh.known_origins WITH (security_barrier) AS
  SELECT origin, service, instance, resource, scope_name, scope_version
  FROM logmesh.origins WHERE tenant = logmesh.tenant();
GRANT SELECT ON logmesh.known_origins TO logmesh_reader;

ALTER TABLE logmesh.counts RENAME TO narrow_counts;
ALTER INDEX logmesh.counts_pkey RENAME TO narrow_counts_pkey;
CREATE TABLE logmesh.counts (
  minute   timestamptz NOT NULL,
  origin   bigint NOT NULL,
  severity smallint NOT NULL,
  records  bigint NOT NULL,
  PRIMARY KEY (minute, origin, severity)
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE ON logmesh.counts TO logmesh_writer;

CREATE VIEW logmesh.record_counts WITH (security_barrier) AS
  SELECT c.minute, c.severity, c.records, o.service, o.instance, o.resource, o.scope_name, o.scope_version
  FROM (SELECT minute, origin, severity, records FROM logmesh.counts
        UNION ALL SELECT minute, origin, severity, records FROM logmesh.narrow_counts) c
  JOIN logmesh.origins o USING (origin) WHERE o.tenant = logmesh.tenant();
GRANT SELECT ON logmesh.record_counts TO logmesh_reader;
