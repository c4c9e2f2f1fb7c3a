-- The ledger summed up. In: what became known as abandoned this many seconds ago or less may still be in a processor's log;
-- null means that all may be. Out: one row. What is missing counts however old it is, other figures for producers of the last
-- hour; `lag` in seconds, of those of the last minute.
SELECT coalesce(sum(lost) FILTER (WHERE coalesce(abandoned_since, '-infinity') <= now() - make_interval(secs => $1::float8)), 0)::bigint
         AS lost,
       coalesce(sum(lost + unaccounted), 0)::bigint AS missing,
       count(DISTINCT producer) FILTER (WHERE heard) AS producers,
       coalesce(sum(stored) FILTER (WHERE heard), 0)::bigint AS stored,
       coalesce(sum(dead_letters) FILTER (WHERE heard), 0)::bigint AS dead_letters,
       coalesce(sum(committed) FILTER (WHERE heard), 0)::bigint AS committed,
       (extract(epoch FROM max(lag) FILTER (WHERE last_commit > now() - interval '1 minute')))::float8 AS lag,
       max(last_commit) AS last_commit
FROM (
  SELECT producer, stored, dead_letters, lag, last_commit, abandoned_since,
         coalesce(last_commit > now() - interval '1 hour', false) AS heard,
         CASE WHEN isempty(committed) THEN 0 ELSE logmesh.batches(committed) END AS committed,
         CASE WHEN isempty(lost) THEN 0 ELSE logmesh.batches(lost) END AS lost,
         CASE WHEN isempty(unaccounted) THEN 0 ELSE logmesh.batches(unaccounted) END AS unaccounted
  FROM logmesh.accounts
) AS account
