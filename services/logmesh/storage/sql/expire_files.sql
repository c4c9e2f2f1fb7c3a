-- Takes back numbers that were given out so many seconds ago. One that a flush is about to make live is not waited for. In: seconds.
-- Out: each, and when it was given out.
DELETE FROM logmesh.pending WHERE file = ANY (ARRAY(
  SELECT file FROM logmesh.pending WHERE began < now() - make_interval(secs => $1) FOR UPDATE SKIP LOCKED))
RETURNING file, extract(epoch FROM began)::float8 AS began
