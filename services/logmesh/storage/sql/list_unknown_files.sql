-- Which of these numbers are neither files nor given out. In: numbers.
SELECT file FROM unnest($1::bigint[]) AS f(file)
WHERE NOT EXISTS (SELECT FROM logmesh.files WHERE files.file = f.file)
  AND NOT EXISTS (SELECT FROM logmesh.pending WHERE pending.file = f.file)
