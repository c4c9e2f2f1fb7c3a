-- Makes files live whose numbers are still given out; stores fewer where some are not. In: the database's incarnation; by file: number,
-- tenant, level, first and last time and the newest of all, rows, bytes, checksum, counts, traces, columns,
-- trigrams.
WITH taken AS (
  DELETE FROM logmesh.pending WHERE file = ANY ($2::bigint[]) RETURNING file
)
INSERT INTO logmesh.files (file, incarnation, tenant, level, min_time, max_time, newest, rows, bytes, crc32c, counts, traces, columns,
                           trigrams)
SELECT f.file, $1::text, f.tenant, f.level, f.min_time, f.max_time, f.newest, f.rows, f.bytes, f.crc32c, f.counts, f.traces,
       f.columns, f.trigrams
FROM unnest($2::bigint[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
            $10::bigint[], $11::bytea[], $12::bytea[], $13::jsonb[], $14::bytea[])
  AS f(file, tenant, level, min_time, max_time, newest, rows, bytes, crc32c, counts, traces, columns, trigrams)
JOIN taken USING (file)
