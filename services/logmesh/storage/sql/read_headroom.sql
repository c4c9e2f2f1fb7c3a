-- How far the schema reaches. Out: days after today that have a partition, null where there is none to make; and the part of
-- the numbers given out that there are for spools or origins, whichever is larger.
SELECT (SELECT max(to_date(right(c.relname, 8), 'YYYYMMDD')) - (now() AT TIME ZONE 'UTC')::date
        FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'logmesh.logs'::regclass AND c.relname ~ '^logs_\d{8}$') AS days_ahead,
       (SELECT coalesce(max(last_value::float8 / max_value), 0) FROM pg_sequences
        WHERE schemaname = 'logmesh' AND sequencename IN ('spools_spool_seq', 'origins_origin_seq')) AS numbers_used
