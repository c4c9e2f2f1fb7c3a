-- Which of these numbers are neither files of an incarnation nor given out. In: numbers, the incarnation.
SELECT file FROM unnest($1::bigint[]) AS f(file)
WHERE NOT EXISTS (SELECT FROM logmesh.files WHERE files.file = f.file AND files.incarnation = $2::text)
  AND NOT EXISTS (SELECT FROM logmesh.pending WHERE pending.file = f.file)
