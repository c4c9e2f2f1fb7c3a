-- Over `counted`: how many records there are by bucket of time and by key. In: width and start of the first bucket, and an
-- expression for the key, which is a small number.
SELECT date_bin(:width::interval, time, :origin::timestamptz) AS bucket, :key AS key, sum(records)::bigint AS records
FROM counted GROUP BY 1, 2
