-- The lake's files that may have records of a range, the newest first, by all that names them. In: from and before, in nanoseconds.
SELECT file, incarnation, bytes, crc32c FROM logmesh.known_files
WHERE max_time >= $1::bigint AND min_time < $2::bigint ORDER BY max_time DESC, file DESC
