-- purpose: bring policies and deadlines in line with the loaded files.
-- reads: loaded_alert_policies, loaded_deadlines, loaded_retention_policies (temporary)
-- writes: reference.alert_policies, reference.deadlines, reference.retention_policies
-- rerun: upsert changed: rows that say the same stay untouched; a row that a file no longer has
--        goes, because nothing in the past leans on it
-- parameters: none

merge into reference.alert_policies as t
using loaded_alert_policies as s on t.kind = s.kind
when matched and (t.channels, t.settle_seconds, t.window_seconds, t.listed_max)
    is distinct from (s.channels, s.settle_seconds, s.window_seconds, s.listed_max)
    then update set (channels, settle_seconds, window_seconds, listed_max, recorded_at)
        = (s.channels, s.settle_seconds, s.window_seconds, s.listed_max, now())
when not matched then insert
    values (s.kind, s.channels, s.settle_seconds, s.window_seconds, s.listed_max)
when not matched by source then delete;

merge into reference.deadlines as t
using loaded_deadlines as s on t.deadline_id = s.deadline_id
when matched and (
    t.subject, t.feed, t.source_id, t.calendar_id, t.timezone, t.due_time, t.minutes_max,
    t.effective_from
) is distinct from (
    s.subject, s.feed, s.source_id, s.calendar_id, s.timezone, s.due_time, s.minutes_max,
    s.effective_from
) then update set (
    subject, feed, source_id, calendar_id, timezone, due_time, minutes_max, effective_from,
    recorded_at
) = (
    s.subject, s.feed, s.source_id, s.calendar_id, s.timezone, s.due_time, s.minutes_max,
    s.effective_from, now()
)
when not matched then insert values (
    s.deadline_id, s.subject, s.feed, s.source_id, s.calendar_id, s.timezone, s.due_time,
    s.minutes_max, s.effective_from
)
when not matched by source then delete;

merge into reference.retention_policies as t
using loaded_retention_policies as s on t.subject = s.subject
when matched and t.keep_days <> s.keep_days
    then update set (keep_days, recorded_at) = (s.keep_days, now())
when not matched then insert values (s.subject, s.keep_days)
when not matched by source then delete;

select
    (select count(*) from loaded_alert_policies) + (select count(*) from loaded_deadlines)
    + (select count(*) from loaded_retention_policies) as rows_in,
    (select count(*) from reference.alert_policies where recorded_at = now())
    + (select count(*) from reference.deadlines where recorded_at = now())
    + (select count(*) from reference.retention_policies where recorded_at = now()) as rows_out;
