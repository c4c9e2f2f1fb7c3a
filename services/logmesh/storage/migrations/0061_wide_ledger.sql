-- The ledger is written anew, some twelve seconds for a million spools; its identity gives out numbers of 64 bits from then on.
-- The table stays the same one, so the database's incarnation does, too.
DROP VIEW logmesh.ledger;
ALTER TABLE logmesh.spools ALTER COLUMN spool TYPE bigint;
CREATE VIEW logmesh.ledger WITH (security_barrier) AS
  SELECT spool, spool_id, producer, committed, stored, dead_letters, lag, created, last_commit,
         (int8multirange(int8range(1, greatest(upper(committed), given + 1))) - committed) * abandoned AS lost,
         given, finished, rewound, forked
  FROM logmesh.spools WHERE tenant = logmesh.tenant();
GRANT SELECT ON logmesh.ledger TO logmesh_reader;

-- As in 0052, but for people's sessions, which say nothing either and are no processor of a release that knew 13.
CREATE OR REPLACE FUNCTION logmesh.refuse_older() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  known int := coalesce(nullif(current_setting('logmesh.schema', true), '')::int,
                        CASE WHEN current_setting('application_name') LIKE 'logmesh-processor%' THEN 13 END);
BEGIN
  IF known < logmesh.written_from() THEN
    RAISE EXCEPTION 'this process is of a release that knows the schema to migration % and may write to it no more: '
                    'a newer release has brought it to migration %', known, logmesh.written_from()
      USING ERRCODE = 'LM001', HINT = 'Replace it by the newer release. What it has logged is stored then.';
  END IF;
  RETURN NULL;
END $$;
