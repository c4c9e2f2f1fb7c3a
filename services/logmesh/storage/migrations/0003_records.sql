-- What readers see: logs with their origin, one tenant at a time. On the view and not by row-level security,
-- because a chunk that is selected directly escapes the latter.
CREATE VIEW logmesh.records WITH (security_barrier) AS
  SELECT l.time, l.ns, l.spool, l.position, l.received, l.severity, l.severity_text, l.service, o.instance,
         l.trace_id, l.span_id, l.body, l.attributes, o.resource, o.scope_name, o.scope_version, l.original_time_unix_nano
  FROM logmesh.logs l JOIN logmesh.origins o USING (origin) WHERE l.tenant = logmesh.tenant();
GRANT SELECT ON logmesh.records TO logmesh_reader;
REVOKE ALL ON FUNCTION logmesh.maintain(interval), logmesh.incarnation() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.maintain(interval), logmesh.incarnation() TO logmesh_writer;
SELECT logmesh.maintain(interval '30 days');
