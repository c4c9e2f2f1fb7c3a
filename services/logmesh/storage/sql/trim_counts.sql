-- Deletes counts of minutes before a time, as many as are told at most. In: time, how many. Row numbers hold: nothing
-- changes counts that are this old.
DELETE FROM logmesh.counts
WHERE ctid = ANY (ARRAY(SELECT ctid FROM logmesh.counts WHERE minute < $1::timestamptz LIMIT $2::int))
