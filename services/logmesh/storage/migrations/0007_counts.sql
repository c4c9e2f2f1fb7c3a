-- How many records there are by minute, origin and severity, kept with the records in one transaction: a histogram or the
-- frequency of a service is read here and not from a million rows.
CREATE TABLE logmesh.counts (
  minute   timestamptz NOT NULL,
  origin   int NOT NULL,
  severity smallint NOT NULL,
  records  bigint NOT NULL,
  PRIMARY KEY (minute, origin, severity)
) WITH (fillfactor = 50);  -- the newest minutes are updated with every flush: room for HOT updates

INSERT INTO logmesh.counts
  SELECT date_trunc('minute', time), origin, severity, count(*) FROM logmesh.logs GROUP BY 1, 2, 3;

-- Columns have the names that they have in logmesh.records, so that one filter serves both.
CREATE VIEW logmesh.record_counts WITH (security_barrier) AS
  SELECT c.minute, c.severity, c.records, o.service, o.instance, o.resource, o.scope_name, o.scope_version
  FROM logmesh.counts c JOIN logmesh.origins o USING (origin) WHERE o.tenant = logmesh.tenant();

GRANT SELECT, INSERT, UPDATE ON logmesh.counts TO logmesh_writer;
GRANT SELECT ON logmesh.record_counts TO logmesh_reader;

CREATE FUNCTION logmesh.trim_counts(keep interval) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  DELETE FROM logmesh.counts WHERE minute < now() - greatest(keep, interval '9 days')
$$;
REVOKE ALL ON FUNCTION logmesh.trim_counts(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.trim_counts(interval) TO logmesh_writer;
