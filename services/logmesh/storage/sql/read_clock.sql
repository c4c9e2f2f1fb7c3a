-- Out: the database's time in nanoseconds since 1970.
SELECT (extract(epoch FROM clock_timestamp()) * 1000000000)::bigint
