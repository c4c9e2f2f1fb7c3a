-- First statement of a writing session. Large values are compressed by lz4 where the build has it, and not by pglz. Who waits for
-- a lock gives up after a while.
SELECT set_config('lock_timeout', '3s', false),
       (SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings
        WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals))
