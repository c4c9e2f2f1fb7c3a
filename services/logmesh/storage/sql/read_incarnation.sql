-- Which database this is, and how far its log is durable, in bytes.
SELECT logmesh.incarnation() AS name, (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint AS position
