-- Generations whose rows are in files, to be dropped in this order: while a partition's detaching is half done, PostgreSQL detaches no
-- other. Out: number; whether its table's detaching is half done, NULL where it is not attached.
SELECT g.generation, i.inhdetachpending AS pending
FROM logmesh.generations AS g
LEFT JOIN pg_inherits AS i ON i.inhrelid = to_regclass(format('logmesh.hot_%s', g.generation))
WHERE g.sealed_xid IS NOT NULL
ORDER BY i.inhdetachpending DESC NULLS LAST, g.generation
