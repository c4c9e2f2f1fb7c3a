-- Origins by number. In: numbers. Out: those of them that the tenant has.
SELECT origin, service, instance, resource, scope_name, scope_version, extra
FROM logmesh.known_origins WHERE origin = ANY($1::bigint[])
