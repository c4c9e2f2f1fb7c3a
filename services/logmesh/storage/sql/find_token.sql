-- One token of the tenant. In: its id. Out: one row, or none.
SELECT number, id, tenant, name, created, created_by, expires, revoked, revoked_by FROM logmesh.known_tokens WHERE id = $1
