-- Over `counted`: the records of each service, and how many of them are errors.
SELECT service, sum(records)::bigint AS records,
       coalesce(sum(records) FILTER (WHERE severity >= 17), 0)::bigint AS errors
FROM counted GROUP BY service
