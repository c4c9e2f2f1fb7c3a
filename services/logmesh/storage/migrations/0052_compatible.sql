-- Which processes may write: a session says in `logmesh.schema` up to which migration its release knows the schema, and one that
-- says nothing is of a release that knew 13. A migration after which older releases must not write any more replaces
-- logmesh.written_from(): each flush changes the ledger last, so that all of theirs are rolled back from then on.
CREATE FUNCTION logmesh.written_from() RETURNS int LANGUAGE sql STABLE AS $$ SELECT 13 $$;

CREATE FUNCTION logmesh.refuse_older() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE known int := coalesce(nullif(current_setting('logmesh.schema', true), '')::int, 13);
BEGIN
  IF known < logmesh.written_from() THEN
    RAISE EXCEPTION 'this process is of a release that knows the schema to migration % and may write to it no more: '
                    'a newer release has brought it to migration %', known, logmesh.written_from()
      USING ERRCODE = 'LM001', HINT = 'Replace it by the newer release. What it has logged is stored then.';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER refuse_older BEFORE INSERT OR UPDATE ON logmesh.spools
  FOR EACH STATEMENT EXECUTE FUNCTION logmesh.refuse_older();
