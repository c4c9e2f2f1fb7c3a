-- First statement of a reading transaction; all of it ends with the transaction. In: tenant, statement timeout in milliseconds.
-- Plans are made for the range that is asked: a plan for any range would do for a minute and be wrong for a day.
SELECT set_config('app.tenant', $1, true), set_config('statement_timeout', $2, true), set_config('lock_timeout', '1s', true),
       set_config('plan_cache_mode', 'force_custom_plan', true)
