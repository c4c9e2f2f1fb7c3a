-- First statement of a reading transaction; all of it ends with the transaction. In: tenant, statement timeout in milliseconds,
-- and "force_custom_plan" where one plan for any range, which PostgreSQL keeps after five executions, would be wrong.
SELECT set_config('app.tenant', $1, true), set_config('statement_timeout', $2, true), set_config('lock_timeout', '1s', true),
       set_config('plan_cache_mode', $3, true)
