-- Tokens of the tenant, the latest first. In: how many; the number that the page before ended with, or null; whether revoked ones are
-- listed, too. Out: one row a token.
SELECT number, id, tenant, name, created, created_by, expires, revoked, revoked_by, used FROM logmesh.known_tokens
WHERE ($2::bigint IS NULL OR number < $2::bigint) AND ($3::bool OR revoked IS NULL)
ORDER BY number DESC LIMIT $1::int
