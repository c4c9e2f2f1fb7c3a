-- The lake's files that may have records of a range, the newest first. In: from and before, in nanoseconds.
SELECT file, incarnation, min_time, max_time, rows, bytes, crc32c, columns FROM logmesh.known_files
WHERE max_time >= $1::bigint AND min_time < $2::bigint ORDER BY max_time DESC, file DESC
