-- Flushes that one snapshot does not see and another one does, in the order of their transactions. In: of the first one its
-- end and the transactions that were running, the same of the other (without an end: as of now), most flushes, most spans.
-- Out: where the reading stands (the other snapshot, the database, its clock, what is forgotten), `found` flushes of which
-- as many are here as the spans allow, and a row a flush, or one without a flush where there is none.
WITH place AS MATERIALIZED (
  -- On a standby a snapshot does not name what is running; there only what is older than all of it is over.
  SELECT CASE WHEN $3::text IS NOT NULL THEN $3::text::xid8 WHEN pg_is_in_recovery() THEN pg_snapshot_xmin(s)
              ELSE pg_snapshot_xmax(s) END AS xmax,
         CASE WHEN $3::text IS NOT NULL THEN $4::text[]::xid8[] ELSE ARRAY(SELECT pg_snapshot_xip(s)) END AS running
  FROM pg_current_snapshot() AS s
), unseen AS MATERIALIZED (
  (SELECT f.* FROM logmesh.known_flushes AS f, place AS p
   WHERE f.xid = ANY ($2::text[]::xid8[]) AND f.xid < p.xmax AND NOT f.xid = ANY (p.running)
   ORDER BY f.xid LIMIT $5::int)
  UNION ALL
  (SELECT f.* FROM logmesh.known_flushes AS f, place AS p
   WHERE f.xid >= $1::text::xid8 AND f.xid < p.xmax AND NOT f.xid = ANY (p.running)
   ORDER BY f.xid LIMIT $5::int)
), first AS (
  SELECT *, sum(cardinality(spools)) OVER (ORDER BY xid) - cardinality(spools) AS before
  FROM (SELECT * FROM unseen ORDER BY xid LIMIT $5::int) AS u
)
SELECT p.xmax::text AS xmax, p.running::text[] AS running, logmesh.incarnation() AS incarnation, now() AS now,
       g.xid::text AS forgotten, g.received AS forgotten_until, (SELECT count(*) FROM first) AS found,
       f.xid::text AS xid, f.received, f.oldest, f.newest, f.spools, f.firsts, f.lasts
FROM place AS p CROSS JOIN logmesh.flushes_forgotten AS g LEFT JOIN first AS f ON f.before < $6::int
ORDER BY f.xid
