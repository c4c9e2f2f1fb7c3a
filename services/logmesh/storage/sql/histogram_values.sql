-- Over `counted`: how many records there are by bucket of time and by value, for the most frequent values; `is_rest` are all
-- others, and a null without it are records without a value. In: width and start of the first bucket, an expression for the
-- value as text, and how many values.
SELECT bucket, CASE WHEN place <= :most::int THEN value END AS value, value IS NOT NULL AND place > :most::int AS is_rest,
       sum(records)::bigint AS records
FROM (
  SELECT bucket, value, records, dense_rank() OVER (ORDER BY value IS NULL, of_value DESC, value COLLATE "C") AS place
  FROM (
    SELECT bucket, value, records, sum(records) OVER (PARTITION BY value) AS of_value
    FROM (
      SELECT date_bin(:width::interval, time, :origin::timestamptz) AS bucket, :value AS value, sum(records)::bigint AS records
      FROM counted GROUP BY 1, 2
    ) AS grouped
  ) AS weighed
) AS ranked
GROUP BY 1, 2, 3
