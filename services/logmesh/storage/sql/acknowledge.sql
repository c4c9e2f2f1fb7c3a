-- Acknowledges facts. In, by fact: kinds, ids of spools, numbers as ranges, how many batches; who; why. Out: how many batches were
-- acknowledged that were not before.
SELECT logmesh.acknowledge($1::text[], $2::text[]::uuid[], $3::text[], $4::bigint[], $5, $6)
