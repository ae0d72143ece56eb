-- purpose: find business days whose report was due within the last three days and is not there.
-- reads: reference.deadlines, reference.calendar_days, control.closes, report.versions,
--        control.alert_findings
-- writes: control.alert_findings
-- rerun: append once, by deadline and date
-- parameters: as_of

insert into control.alert_findings (
    kind, finding_key, business_date, summary, next_step, found_at
)
select
    'close_late',
    concat_ws('/', due.deadline_id, due.business_date),
    due.business_date,
    format(
        '%%s has no report, due at %%s %%s%%s',
        due.business_date,
        to_char(due.due_time, 'HH24:MI'),
        due.timezone,
        case when c.business_date is null then '; its close has not begun' else '' end
    ),
    'see end_of_day in Airflow: is it switched on, does it wait, did a task fail?',
    %(as_of)s
from (
    select
        d.*,
        days.calendar_date as business_date,
        (days.calendar_date + d.due_time) at time zone d.timezone as due_at
    from reference.deadlines as d
    join reference.calendar_days as days on days.calendar_id = d.calendar_id
    where d.subject = 'close'
      and days.is_business_day
      and days.calendar_date between (%(as_of)s::timestamptz at time zone d.timezone)::date - 4
          and (%(as_of)s::timestamptz at time zone d.timezone)::date
) as due
left join control.closes as c on c.business_date = due.business_date
where due.due_at between %(as_of)s::timestamptz - interval '3 days' and %(as_of)s
  -- no close is late before this instance has closed a date, unless the deadline says from when
  and case
      when due.effective_from is not null then due.business_date >= due.effective_from
      else due.due_at > (select min(closed.first_closed_at) from control.closes as closed)
  end
  and not exists (
      select
      from report.versions as v
      where v.business_date = due.business_date
  )
on conflict (kind, finding_key) do nothing;

select
    (select count(*) from reference.deadlines where subject = 'close') as rows_in,
    (
        select count(*)
        from control.alert_findings
        where kind = 'close_late'
          and found_at = %(as_of)s
    ) as rows_out;
