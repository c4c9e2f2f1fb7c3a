-- Which three letters the row groups of some of the lake's files have. In: their numbers.
SELECT file, trigrams FROM logmesh.known_files WHERE file = ANY ($1::bigint[])
