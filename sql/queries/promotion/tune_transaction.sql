-- Sorts and hashes of a whole promotion stay in memory: its batches bound them. Keys hardly repeat
-- within it, so remembering look-ups only costs.
select
    set_config('work_mem', '128MB', true),
    set_config('jit', 'off', true),
    set_config('enable_memoize', 'off', true)
