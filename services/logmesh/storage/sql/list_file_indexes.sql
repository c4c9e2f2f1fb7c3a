-- What is known of some of the lake's files. In: their numbers.
SELECT file, min_time, max_time, rows, columns, counts, traces, trigrams FROM logmesh.known_files WHERE file = ANY ($1::bigint[])
