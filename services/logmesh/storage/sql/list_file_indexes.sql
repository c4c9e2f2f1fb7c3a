-- What is known of what is in some of the lake's files. In: their numbers.
SELECT file, counts, traces, trigrams FROM logmesh.known_files WHERE file = ANY ($1::bigint[])
