-- What few records say, and few origins: observed times, structured bodies, names of events, attributes of scopes. One column that is
-- null otherwise, which costs no byte, and no row is written anew.
ALTER TABLE logmesh.logs ADD COLUMN extra jsonb;
ALTER TABLE logmesh.origins ADD COLUMN extra jsonb;

CREATE OR REPLACE VIEW logmesh.known_origins WITH (security_barrier) AS
  SELECT origin, service, instance, resource, scope_name, scope_version, extra
  FROM logmesh.origins WHERE tenant = logmesh.tenant();

-- The view of records is another one for as long as some have narrow numbers, and so is what ends that: both are taken as they are.
DO $$
DECLARE
  seen text := pg_get_viewdef('logmesh.records'::regclass);
BEGIN
  EXECUTE 'CREATE OR REPLACE VIEW logmesh.records WITH (security_barrier) AS '
    || regexp_replace(seen, E'\n\\s+FROM ', E',\n    l.extra,\n    o.extra AS origin_extra\n   FROM ');
  IF to_regprocedure('logmesh.drop_narrow()') IS NOT NULL THEN
    EXECUTE replace(pg_get_functiondef('logmesh.drop_narrow()'::regprocedure),
                    E'           l.origin\n', E'           l.origin, l.extra, o.extra AS origin_extra\n');
  END IF;
END $$;
