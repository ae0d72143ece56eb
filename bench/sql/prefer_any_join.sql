select
    set_config('max_parallel_workers_per_gather', '2', false),
    set_config('parallel_tuple_cost', '0', false),
    set_config('parallel_setup_cost', '0', false)
