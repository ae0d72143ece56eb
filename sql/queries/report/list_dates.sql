-- Dates that were closed or begun, newest first, each with its newest pack and what became of it.
with dates as (
    select business_date, is_business_day, last_closed_at
    from control.closes
    order by business_date desc
    limit %(dates_max)s
),
ends as (
    -- how the newest step of each close ended
    select distinct on (business_date) business_date, step, outcome, detail, started_at
    from control.step_runs
    where step in (
            'end_of_day/begin_close', 'end_of_day/await_capture', 'end_of_day/validate_day',
            'end_of_day/reconcile_day', 'end_of_day/build_positions',
            'end_of_day/count_control_totals', 'end_of_day/measure_risk',
            'end_of_day/render_reports'
        )
      and business_date >= (select min(business_date) from dates)
    order by business_date, step_run_id desc
)
select
    d.business_date,
    d.is_business_day,
    d.last_closed_at,
    v.version,
    v.created_at,
    v.manifest -> 'summary' as summary,
    v.changes,
    coalesce(o.late_input_count, 0) as late_input_count,
    coalesce(o.changed_dates, '{}') as changed_dates,
    coalesce(o.changed_marks, '{}') as changed_marks,
    (
        select count(*)
        from report.mails as m
        where m.business_date = d.business_date and m.version = v.version
    ) as mail_count,
    e.step as last_step,
    e.outcome as last_outcome,
    left(e.detail, 300) as last_detail
from dates as d
left join lateral (
    select *
    from report.versions as n
    where n.business_date = d.business_date
    order by n.version desc
    limit 1
) as v on true
left join report.outdated_dates as o on o.business_date = d.business_date
left join ends as e on e.business_date = d.business_date
order by d.business_date desc
