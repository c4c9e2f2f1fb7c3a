-- Counts the rows of a dump while it is restored, and judges them. For verify.sh, once the tables are there and before their rows are.
CREATE SCHEMA verification;
-- By spool or by minute, of each piece.
CREATE TABLE verification.found (spool int, minute timestamptz, records bigint NOT NULL);
CREATE TABLE verification.counted (minute timestamptz NOT NULL, records bigint NOT NULL);
CREATE TABLE verification.judgement (problem text NOT NULL, counted jsonb NOT NULL);

-- Tables that are read once and emptied: partitions or chunks of the logs, compressed or not, and the counts by minute. Were a chunk's
-- name another one day, its rows would be counted twice, and be too many: that is told, not passed over.
CREATE VIEW verification.pieces AS
  SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND (
    n.nspname = '_timescaledb_internal' AND c.relname ~ '^(compress)?_hyper_\d+_\d+_chunk'
    OR n.nspname = 'logmesh' AND c.relname = 'counts'
    OR EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = c.oid AND i.inhparent = to_regclass('logmesh.logs')));

-- Counts what has come, and empties it, when it has `at_least` bytes.
CREATE FUNCTION verification.fold(at_least bigint) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  full_ones text;
  bytes bigint;
BEGIN
  SELECT string_agg(oid::regclass::text, ', '), sum(pg_table_size(oid)) INTO full_ones, bytes
  FROM verification.pieces WHERE pg_relation_size(oid) > 0;
  IF full_ones IS NULL OR bytes < at_least THEN
    RETURN;
  END IF;
  -- While it restores, TimescaleDB is not there: compressed rows are seen only by a session that switches this off.
  PERFORM set_config('timescaledb.restoring', 'off', true);
  INSERT INTO verification.found
    SELECT spool, date_trunc('minute', time), count(*) FROM logmesh.logs GROUP BY GROUPING SETS ((1), (2));
  PERFORM set_config('timescaledb.restoring', 'on', true);
  INSERT INTO verification.counted SELECT minute, sum(records) FROM logmesh.counts GROUP BY minute;
  EXECUTE 'TRUNCATE ' || full_ones;
END $$;

-- The beginning of the oldest partition or chunk: what is older was dropped, and its counts may still be there.
CREATE FUNCTION verification.oldest() RETURNS timestamptz LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE oldest timestamptz;
BEGIN
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
    SELECT min(range_start) INTO oldest FROM timescaledb_information.chunks
    WHERE hypertable_schema = 'logmesh' AND hypertable_name = 'logs';
  ELSE
    SELECT min(to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC') INTO oldest
    FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'logmesh.logs'::regclass AND c.relname ~ '^logs_\d{8}$';
  END IF;
  RETURN oldest;
END $$;

-- Two ledgers are written in one transaction with each row: `stored` by spool, for good, and counts by minute, which retention drops
-- with the rows. So no minute has fewer rows than it was counted, and no spool more than it stored; of what was stored and is not there,
-- the rest is what retention dropped. Records of the last nine days are always kept, and no time is older than seven when it comes:
-- a spool that was opened later than that after the oldest row has all that it stored.
CREATE FUNCTION verification.judge() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
  kept_from timestamptz;
BEGIN
  IF to_regclass('logmesh.spools') IS NULL THEN
    INSERT INTO verification.judgement VALUES ('', '{"rows": 0, "stored": 0, "spools": 0}');
    RETURN;
  END IF;
  kept_from := least(
    greatest((SELECT min(minute) FROM verification.counted), verification.oldest()), now() - interval '9 days');
  INSERT INTO verification.judgement
  WITH minutes AS (
    SELECT minute, c.records AS counted, coalesce(f.records, 0) AS found
    FROM (SELECT minute, sum(records) AS records FROM verification.counted GROUP BY minute) AS c
    LEFT JOIN (SELECT minute, sum(records) AS records FROM verification.found WHERE minute IS NOT NULL GROUP BY minute) AS f
      USING (minute)
    WHERE minute >= kept_from
  ), spools AS (
    SELECT spool, s.producer, coalesce(s.stored, 0) AS stored, coalesce(f.records, 0) AS found,
           coalesce(s.created > kept_from + interval '8 days', false) AS is_young
    FROM logmesh.spools AS s
    FULL JOIN (SELECT spool, sum(records) AS records FROM verification.found WHERE spool IS NOT NULL GROUP BY spool) AS f
      USING (spool)
  ), totals AS (
    SELECT (SELECT coalesce(sum(counted - found), 0) FROM minutes WHERE found < counted) AS by_minute,
           (SELECT min(minute) FROM minutes WHERE found < counted) AS first_minute,
           (SELECT coalesce(sum(stored - found), 0) FROM spools WHERE is_young AND found < stored) AS by_spool,
           (SELECT coalesce(sum(found - stored), 0) FROM spools WHERE found > stored) AS too_many,
           (SELECT coalesce(sum(found), 0) FROM spools) AS found,
           (SELECT coalesce(sum(stored), 0) FROM spools) AS stored,
           (SELECT count(*) FROM spools) AS spools
  ), wrong AS (
    SELECT spool, producer, stored, found FROM spools
    WHERE found > stored OR is_young AND found < stored ORDER BY abs(stored - found) DESC LIMIT 20
  )
  SELECT concat_ws('; ',
           CASE WHEN greatest(by_minute, by_spool) > 0 THEN format('%s rows that the ledger has are not in the dump%s',
             greatest(by_minute, by_spool), to_char(first_minute AT TIME ZONE 'UTC', '", the first of them of" YYYY-MM-DD HH24:MI "UTC"'))
           END,
           CASE WHEN too_many > 0 THEN format('%s rows are in the dump that the ledger does not have', too_many) END),
         jsonb_build_object(
           'rows', found, 'stored', stored, 'spools', spools, 'kept_from', kept_from,
           'dropped_by_retention', greatest(stored - found - greatest(by_minute, by_spool) + too_many, 0),
           'missing', greatest(by_minute, by_spool), 'too_many', too_many,
           'wrong_spools', (SELECT coalesce(jsonb_agg(to_jsonb(w)), '[]') FROM wrong AS w),
           'wrong_minutes', (SELECT coalesce(jsonb_agg(to_jsonb(m)), '[]') FROM (
             SELECT minute, counted, found FROM minutes WHERE found < counted ORDER BY minute LIMIT 20) AS m))
  FROM totals;
END $$;
