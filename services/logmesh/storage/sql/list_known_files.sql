-- What is known of some of the lake's files, and how many bytes their indexes have. In: their numbers.
SELECT file, min_time, max_time, rows, columns, counts, octet_length(traces) AS traces, octet_length(trigrams) AS trigrams
FROM logmesh.known_files WHERE file = ANY ($1::bigint[])
