-- Chunks make themselves, and are dropped without waiting for a lock longer than two seconds.
CREATE FUNCTION logmesh.make_partitions() RETURNS int LANGUAGE sql SET search_path = pg_catalog AS $$ SELECT 0 $$;

-- For processors of releases before, which know no other maintenance. Chunks that are in use are left for the next time.
CREATE OR REPLACE FUNCTION logmesh.maintain(keep interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '1s' AS $$
DECLARE dropped int;
BEGIN
  EXECUTE format('SELECT count(*) FROM %I.drop_chunks(''logmesh.logs'', older_than => $1)',
                 (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                  WHERE e.extname = 'timescaledb'))
    INTO dropped USING greatest(keep, interval '9 days');
  RETURN dropped;
EXCEPTION WHEN lock_not_available THEN
  RETURN 0;
END $$;

REVOKE ALL ON FUNCTION logmesh.make_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.make_partitions() TO logmesh_writer;
