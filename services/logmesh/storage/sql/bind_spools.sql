-- Binds spool ids that nobody has to their first principal: of two at once the second waits, and finds them bound.
-- In: tenant, principal, spool ids, the principals that are nobody.
UPDATE logmesh.spools SET principal = $2
WHERE tenant = $1 AND spool_id = ANY ($3::uuid[]) AND principal = ANY ($4)
