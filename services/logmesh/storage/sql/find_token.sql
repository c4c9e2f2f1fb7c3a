-- One token of the tenant. In: its id. Out: one row, or none.
SELECT number, id, tenant, name, created, created_by, expires, revoked, revoked_by, used FROM logmesh.known_tokens WHERE id = $1
