-- First statement of a writing session: large values are compressed by lz4 where the build has it, and not by pglz.
SELECT set_config('default_toast_compression', 'lz4', false)
FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)
