-- Partitions are made beside the table and attached, which locks out neither readers nor writers; the functions of 0002 took
-- a lock that waits for every reader and keeps every writer waiting. Nothing here waits for a lock longer than two seconds.
CREATE FUNCTION logmesh.make_partitions(today date) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog SET lock_timeout = '2s' AS $$
DECLARE
  d date;
  name text;
  made int := 0;
BEGIN
  -- One caller at a time; the others find the work done.
  PERFORM pg_advisory_xact_lock(hashtextextended('logmesh.make_partitions', 0));
  FOR d IN SELECT generate_series(today - 8, today + 2, interval '1 day')::date LOOP
    name := 'logs_' || to_char(d, 'YYYYMMDD');
    CONTINUE WHEN to_regclass('logmesh.' || name) IS NOT NULL;
    EXECUTE format('CREATE TABLE logmesh.%I (LIKE logmesh.logs INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE logmesh.logs ATTACH PARTITION logmesh.%I FOR VALUES FROM (%L) TO (%L)',
                   name, d::timestamp AT TIME ZONE 'UTC', (d + 1)::timestamp AT TIME ZONE 'UTC');
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;

-- For a writer that finds no partition for a row.
CREATE FUNCTION logmesh.make_partitions() RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT logmesh.make_partitions((now() AT TIME ZONE 'UTC')::date)
$$;

-- For processors of releases before, which know no other maintenance. A partition that is in use is left for the next time.
CREATE OR REPLACE FUNCTION logmesh.maintain(keep interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '1s' AS $$
DECLARE
  r record;
  dropped int := 0;
BEGIN
  PERFORM logmesh.make_partitions();
  FOR r IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = 'logmesh.logs'::regclass AND c.relname ~ '^logs_\d{8}$' AND NOT i.inhdetachpending
             AND c.relname < 'logs_' || to_char((now() - greatest(keep, interval '9 days')) AT TIME ZONE 'UTC', 'YYYYMMDD')
           ORDER BY c.relname LOOP
    BEGIN
      EXECUTE format('DROP TABLE logmesh.%I', r.relname);
      dropped := dropped + 1;
    EXCEPTION WHEN lock_not_available THEN
      RETURN dropped;
    END;
  END LOOP;
  RETURN dropped;
END $$;

REVOKE ALL ON FUNCTION logmesh.make_partitions(date), logmesh.make_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION logmesh.make_partitions() TO logmesh_writer;
