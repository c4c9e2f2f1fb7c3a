-- Over `counted`: the most frequent values of each field, by field, with their records, with all that were counted and with the
-- time of the oldest; a null for records without a value is among them. In: an array of expressions, one a field, each a text, and
-- how many values.
SELECT field::int AS field, value, records, counted, oldest FROM (
  SELECT field, value, sum(records)::bigint AS records,
         (sum(sum(records)) OVER (PARTITION BY field))::bigint AS counted,
         min(min(time)) OVER (PARTITION BY field) AS oldest,
         row_number() OVER (PARTITION BY field ORDER BY value IS NULL, sum(records) DESC, value COLLATE "C") AS place
  FROM counted CROSS JOIN LATERAL unnest(:fields) WITH ORDINALITY AS one(value, field)
  GROUP BY field, value
) AS ranked WHERE place <= :most::int OR value IS NULL ORDER BY field, place
