-- First statement of a reading transaction; all of it ends with the transaction. In: tenant, statement timeout in milliseconds.
SELECT set_config('app.tenant', $1, true), set_config('statement_timeout', $2, true), set_config('lock_timeout', '1s', true)
