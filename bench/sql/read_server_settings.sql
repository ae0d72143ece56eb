select
    case name when 'server_version' then 'PostgreSQL' else 'PostgreSQL ' || name end,
    case name when 'server_version' then setting else current_setting(name) end
from pg_settings
where name in (
    'server_version', 'shared_buffers', 'work_mem', 'maintenance_work_mem', 'max_wal_size',
    'synchronous_commit', 'fsync', 'jit', 'max_parallel_workers_per_gather', 'wal_level'
)
order by name = 'server_version' desc, name
