-- A piece at a time: whole days of counts deleted at once ran into the time limit of a statement, every hour anew.
-- For processors of releases before; an owner deletes by itself.
CREATE OR REPLACE FUNCTION logmesh.trim_counts(keep interval) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  DELETE FROM logmesh.counts WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM logmesh.counts WHERE minute < now() - greatest(keep, interval '9 days') LIMIT 100000))
$$;
