-- The view of 0003, in the order of a search. A security barrier plans its inside alone, and TimescaleDB merges compressed
-- batches in order only where the order is asked for: without it a page decompresses its whole window.
CREATE OR REPLACE VIEW logmesh.records WITH (security_barrier) AS
  SELECT l.time, l.ns, l.spool, l.position, l.received, l.severity, l.severity_text, l.service, o.instance,
         l.trace_id, l.span_id, l.body, l.attributes, o.resource, o.scope_name, o.scope_version, l.original_time_unix_nano
  FROM logmesh.logs l JOIN logmesh.origins o USING (origin) WHERE l.tenant = logmesh.tenant()
  ORDER BY l.time DESC, l.ns DESC, l.spool DESC, l.position DESC;
