-- What readers see of origins, one tenant at a time: rows in the cache, and those of one instance, know them by number.
CREATE INDEX ON logmesh.origins (tenant, service, instance);
CREATE VIEW logmesh.known_origins WITH (security_barrier) AS
  SELECT origin, service, instance, resource, scope_name, scope_version
  FROM logmesh.origins WHERE tenant = logmesh.tenant();
GRANT SELECT ON logmesh.known_origins TO logmesh_reader;
