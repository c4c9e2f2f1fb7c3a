-- Over `counted`: the records of each service, how many of them are errors and how many fatal; in how many minutes they were written,
-- and the first and the last of those.
SELECT service, sum(records)::bigint AS records,
       coalesce(sum(records) FILTER (WHERE severity >= 17), 0)::bigint AS errors,
       coalesce(sum(records) FILTER (WHERE severity >= 21), 0)::bigint AS fatal,
       count(DISTINCT date_trunc('minute', time, 'UTC')) AS minutes,
       date_trunc('minute', min(time), 'UTC') AS oldest, date_trunc('minute', max(time), 'UTC') AS newest
FROM counted GROUP BY service
