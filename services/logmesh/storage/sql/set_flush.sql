-- First statement of a flush, where there is TimescaleDB: whether COPY makes compressed batches at once. In: 'on' or 'off'.
SELECT set_config('timescaledb.enable_direct_compress_copy', $1, true) FROM pg_extension WHERE extname = 'timescaledb'
