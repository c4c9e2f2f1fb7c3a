-- The view of 0004 with the origin's number, which finds the records of one instance without a look at all origins.
CREATE OR REPLACE VIEW logmesh.records WITH (security_barrier) AS
  SELECT l.time, l.ns, l.spool, l.position, l.received, l.severity, l.severity_text, l.service, o.instance,
         l.trace_id, l.span_id, l.body, l.attributes, o.resource, o.scope_name, o.scope_version, l.original_time_unix_nano,
         l.origin
  FROM logmesh.logs l JOIN logmesh.origins o USING (origin) WHERE l.tenant = logmesh.tenant()
  ORDER BY l.time DESC, l.ns DESC, l.spool DESC, l.position DESC;
