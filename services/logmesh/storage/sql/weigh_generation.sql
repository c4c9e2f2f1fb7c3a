-- How many tenants' files the rows of a generation are worth, whose table takes the place of "hot": what its largest tenant has, by a sample
-- of a MiB, times all of it, divided by so many bytes, squared. In: the table's name, bytes. Out: one row: its bytes, long texts kept apart
-- from their rows included; how many files it is `worth`; and how many tenants there are, counted to one more than that.
WITH RECURSIVE whole AS (
  SELECT pg_table_size($1::text::regclass)::float8 AS bytes
), sampled AS (
  SELECT sum(pg_column_size(hot)) AS bytes
  FROM logmesh.hot TABLESAMPLE SYSTEM (least(100, 100 * 1048576 / (SELECT greatest(bytes, 1) FROM whole)))
  GROUP BY tenant
), worth AS (
  SELECT coalesce((SELECT max(bytes) / sum(bytes) FROM sampled) * (bytes / $2::float8) ^ 2, 0) AS files FROM whole
), counted AS (
  (SELECT tenant, 1 AS place FROM logmesh.hot ORDER BY tenant LIMIT 1)
  UNION ALL
  SELECT following.tenant, place + 1
  FROM counted CROSS JOIN worth
  CROSS JOIN LATERAL (SELECT tenant FROM logmesh.hot WHERE tenant > counted.tenant ORDER BY tenant LIMIT 1) AS following
  WHERE place <= worth.files
)
SELECT bytes, files AS worth, (SELECT count(*) FROM counted) AS tenants FROM whole, worth
