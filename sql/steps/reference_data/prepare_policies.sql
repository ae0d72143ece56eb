-- purpose: make the empty tables that the files of policies and deadlines are copied into.
-- reads: the columns of reference.alert_policies, reference.deadlines, reference.retention_policies
-- writes: loaded_alert_policies, loaded_deadlines, loaded_retention_policies (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists
pg_temp.loaded_alert_policies, pg_temp.loaded_deadlines, pg_temp.loaded_retention_policies;

create temporary table loaded_alert_policies on commit drop as
select kind, channels, settle_seconds, window_seconds, listed_max
from reference.alert_policies
with no data;

create temporary table loaded_deadlines on commit drop as
select
    deadline_id, subject, feed, source_id, calendar_id, timezone, due_time, minutes_max,
    effective_from
from reference.deadlines
with no data;

create temporary table loaded_retention_policies on commit drop as
select subject, keep_days
from reference.retention_policies
with no data;

select 0 as rows_in, 0 as rows_out;
