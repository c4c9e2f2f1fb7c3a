-- Out: days after today that have a partition, null where there is none to make.
SELECT max(to_date(right(c.relname, 8), 'YYYYMMDD')) - (now() AT TIME ZONE 'UTC')::date
FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'logmesh.logs'::regclass AND c.relname ~ '^logs_\d{8}$'
