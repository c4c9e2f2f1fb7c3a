-- Numbers of spools have 64 bits from 0060 to 0063 on; those of 32 would be used up one day. In files of their own, so that none
-- holds a lock while another one works. Dead letters are few: they are written anew.
DROP VIEW logmesh.refused;
ALTER TABLE logmesh.dead_letters ALTER COLUMN spool TYPE bigint;
CREATE VIEW logmesh.refused WITH (security_barrier) AS
  SELECT received, spool, position, reason, entry FROM logmesh.dead_letters WHERE tenant = logmesh.tenant();
GRANT SELECT ON logmesh.refused TO logmesh_reader;
