-- By what the good tokens of all tenants are known. In: the id that the page before ended with, or an empty text; how many. Out: one
-- row a token, by id.
SELECT id, digest, tenant, expires FROM logmesh.token_digests($1, $2::int)
