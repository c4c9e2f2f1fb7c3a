-- Transactions that run in this database now, but for this one: each may have a snapshot of before. Out: their virtual numbers.
SELECT l.virtualxid FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'virtualxid' AND l.granted AND l.pid <> pg_backend_pid() AND a.datname = current_database()
