-- Puts spools into the ledger's archive of which nothing is to be expected: all is committed, and nobody was heard of them for a day,
-- as of a pod that is gone. In: how many at most.
UPDATE logmesh.spools SET finished = now()
WHERE spool IN (
  SELECT spool FROM logmesh.spools
  WHERE finished IS NULL AND heard < now() - interval '1 day' AND coalesce(last_commit, created) < now() - interval '1 day'
    AND committed @> int8range(1, greatest(upper(committed), given + 1))
  LIMIT $1::int FOR NO KEY UPDATE SKIP LOCKED
)
