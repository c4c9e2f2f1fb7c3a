-- Forgets requests that were stored before $1. In: a time, how many at most.
DELETE FROM logmesh.requests WHERE ctid = ANY (ARRAY(SELECT ctid FROM logmesh.requests WHERE stored < $1 ORDER BY stored LIMIT $2::int))
