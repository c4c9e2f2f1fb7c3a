-- What the ledger lacks, by tenant, as the views accounts and facts have it for one: batches that are lost, missing (lost or not
-- here yet) and unaccounted (nothing has come for a minute), but for those that were acknowledged. In: how many tenants at most.
-- Out: a row a tenant that has spools, those that lack most first; the others together in a last one, whose tenant is null.
WITH acknowledged AS (
  SELECT tenant, spool_id, range_agg(numbers) FILTER (WHERE kind = 'lost') AS lost, range_agg(numbers) AS all_kinds
  FROM logmesh.acknowledgements WHERE kind IN ('lost', 'unaccounted') GROUP BY tenant, spool_id
), account AS (
  SELECT s.tenant, coalesce(s.last_commit, s.created) < now() - interval '1 minute' AS is_quiet,
         m.missing * s.abandoned - coalesce(a.lost, '{}') AS lost,
         m.missing - s.abandoned - coalesce(a.all_kinds, '{}') AS unaccounted
  FROM logmesh.spools s
  CROSS JOIN LATERAL (
    SELECT int8multirange(int8range(1, greatest(upper(s.committed), s.given + 1))) - s.committed AS missing
  ) AS m
  LEFT JOIN acknowledged a USING (tenant, spool_id)
  WHERE s.moved_to IS NULL AND (s.finished IS NULL OR s.finished > now() - interval '1 hour')
), batches AS (
  SELECT tenant, is_quiet, CASE WHEN isempty(lost) THEN 0 ELSE logmesh.batches(lost) END AS lost,
         CASE WHEN isempty(unaccounted) THEN 0 ELSE logmesh.batches(unaccounted) END AS unaccounted
  FROM account
), by_tenant AS (
  SELECT tenant, sum(lost) AS lost, sum(lost + unaccounted) AS missing,
         coalesce(sum(unaccounted) FILTER (WHERE is_quiet), 0) AS unaccounted,
         row_number() OVER (ORDER BY sum(lost + unaccounted) DESC, tenant) AS place
  FROM batches GROUP BY tenant
)
SELECT CASE WHEN place <= $1::int THEN tenant END AS tenant,
       sum(lost)::bigint AS lost, sum(missing)::bigint AS missing, sum(unaccounted)::bigint AS unaccounted
FROM by_tenant GROUP BY 1 ORDER BY min(place)
