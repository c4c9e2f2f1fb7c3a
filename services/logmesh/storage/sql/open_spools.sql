-- Opens a stream: binds its spool ids to their principal, notes what will not come, returns what is committed.
-- In: tenant, principal, producer; then by spool id: lowest number that the producer holds (0: it holds nothing), greatest number
-- that it gave out (-1: not said), other numbers that it does not hold, whether it gives out no more, the spool id that it follows or
-- null; after that whether anyone may use any spool, and the principals that are nobody. Out: a row a spool id, in order;
-- `principal` is null for one that is new, and `rewound` then how many batches there are of others that follow the same one.
WITH RECURSIVE hello AS (
  SELECT * FROM unnest($4::uuid[], $5::bigint[], $6::bigint[], $7::text[], $8::boolean[], $9::uuid[]) WITH ORDINALITY
    AS h(spool_id, lowest, last, abandoned, closed, follows, at)
), known AS (
  SELECT h.at, s.spool, s.spool_id, s.principal, s.committed, s.newest, s.chain,
         -- Its first batch came before its first Hello, while the database was away or was another one.
         s.follows IS NULL AND h.follows IS NOT NULL AND (s.principal = $2 OR $10) AS is_unlinked, coalesce(s.follows, h.follows) AS follows,
         CASE WHEN h.lowest > 0 THEN int8multirange(int8range(1, h.lowest)) + h.abandoned::int8multirange
              -- Nothing is held of what was ever sent.
              ELSE int8multirange(int8range(1, greatest(upper(s.committed), h.last + 1, 1))) END AS abandoned,
         h.closed,
         CASE WHEN h.closed THEN greatest(s.given, h.last) ELSE s.given END AS given,
         CASE WHEN h.closed THEN greatest(s.rewound, upper(s.committed) - 1 - h.last) ELSE s.rewound END AS rewound,
         s.rewound AS was_rewound, s.diverged_since,
         CASE WHEN h.closed AND s.committed @> int8range(1, greatest(s.given, h.last) + 1)
              THEN coalesce(s.finished, now()) END AS finished
  FROM hello h JOIN logmesh.spools s ON s.tenant = $1 AND s.spool_id = h.spool_id
), fresh AS (
  SELECT * FROM hello WHERE at NOT IN (SELECT at FROM known)
), unlinked AS (
  SELECT at, follows FROM fresh UNION ALL SELECT at, follows FROM known WHERE is_unlinked
), elsewhere AS (
  SELECT f.at, s.spool_id, s.committed FROM unlinked f JOIN logmesh.spools s ON s.tenant = $1 AND s.follows = f.follows
  WHERE (s.principal = $2 OR $10 OR s.principal = ANY ($11)) AND s.spool_id <> ALL ($4::uuid[])
  UNION
  SELECT e.at, s.spool_id, s.committed FROM elsewhere e JOIN logmesh.spools s ON s.tenant = $1 AND s.follows = e.spool_id
  WHERE (s.principal = $2 OR $10 OR s.principal = ANY ($11)) AND s.spool_id <> ALL ($4::uuid[])
), rewound AS (
  SELECT at, sum(logmesh.batches(committed))::bigint AS batches FROM elsewhere GROUP BY at
), judged AS (
  SELECT k.*, greatest(k.rewound, coalesce(r.batches, 0)) AS all_rewound FROM known k LEFT JOIN rewound r USING (at)
), noted AS (
  UPDATE logmesh.spools s
  SET producer = $3, heard = now(), abandoned = k.abandoned, closed = k.closed, given = k.given, rewound = k.all_rewound,
      diverged_since = CASE WHEN k.all_rewound > k.was_rewound THEN now() ELSE k.diverged_since END, finished = k.finished,
      follows = k.follows
  FROM judged k
  WHERE s.spool = k.spool AND (s.principal = $2 OR $10)
    AND (NOT k.closed OR (s.producer, s.abandoned, s.closed, s.given, s.rewound, s.finished, s.follows)
        IS DISTINCT FROM ($3, k.abandoned, k.closed, k.given, k.all_rewound, k.finished, k.follows))
    -- A flush may hold the row. Its producer's next stream notes it then: nobody waits here.
    AND s.spool IN (SELECT l.spool FROM logmesh.spools l JOIN known USING (spool) FOR NO KEY UPDATE OF l SKIP LOCKED)
), made AS (
  -- A spool id that has no batch and follows none gets its row with its first batch. Only what is missing is inserted, since each
  -- attempt takes a number.
  INSERT INTO logmesh.spools
    (tenant, spool_id, producer, principal, abandoned, given, closed, follows, rewound, diverged_since)
  SELECT $1, f.spool_id, $3, $2, int8multirange(int8range(1, greatest(f.lowest, 1))) + f.abandoned::int8multirange,
         CASE WHEN f.closed THEN greatest(f.last, 0) ELSE 0 END, f.closed, f.follows,
         coalesce(r.batches, 0), CASE WHEN r.batches > 0 THEN now() END
  FROM fresh f LEFT JOIN rewound r USING (at) WHERE f.last <> 0 OR f.follows IS NOT NULL
  ON CONFLICT (tenant, spool_id) DO NOTHING
)
SELECT h.spool_id::text AS spool_id, k.principal, coalesce(k.committed, '{}')::text AS committed,
       coalesce(k.newest, 0) AS newest, coalesce(k.chain, 0) AS chain, coalesce(r.batches, 0) AS rewound
FROM hello h LEFT JOIN known k USING (at) LEFT JOIN rewound r USING (at) ORDER BY at
