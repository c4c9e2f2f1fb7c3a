-- Forgets notes of flushes that are older than a day, and notes up to where. In: how many at most. Out: how many there were.
WITH old AS (
  SELECT ctid FROM logmesh.flushes WHERE received < now() - interval '1 day' ORDER BY received LIMIT $1::int
), gone AS (
  DELETE FROM logmesh.flushes WHERE ctid = ANY (ARRAY(SELECT ctid FROM old)) RETURNING xid, received
), newest AS (
  SELECT xid, received FROM gone ORDER BY xid DESC LIMIT 1
), forgotten AS (
  UPDATE logmesh.flushes_forgotten AS f SET xid = n.xid, received = n.received FROM newest AS n WHERE f.xid < n.xid
)
SELECT count(*) FROM gone
