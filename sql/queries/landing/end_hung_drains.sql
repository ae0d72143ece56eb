-- Ends sessions of drains whose process hangs in the middle of a COPY. The server waits there for the
-- next row for ever: none of its timeouts counts meanwhile, and the topic stays locked.
select count(pg_terminate_backend(pid)) as ended_count
from pg_stat_activity
where datname = current_database()
    and usename = current_user
    and application_name like 'posttrade drain%%'
    and state = 'active'
    and wait_event = 'ClientRead'
    and state_change < clock_timestamp() - make_interval(secs => %(hung_s)s)
