-- purpose: make one message of each delivered alert whose findings are all over.
-- reads: control.alerts, control.alert_findings, control.alert_deliveries, reference.alert_policies
-- writes: control.alerts
-- rerun: append once, by the alert that it resolves
-- parameters: as_of

insert into control.alerts (kind, item_count, facts, raised_at, resolves_alert_id)
select
    a.kind,
    count(*),
    jsonb_build_object(
        'is_recovery', true,
        'next_step', 'nothing; this ends alert ' || a.alert_id,
        'items', jsonb_agg(
            jsonb_build_object(
                'business_date', f.business_date,
                'summary', f.resolution || ' (it was: ' || f.summary || ')'
            )
            order by f.finding_id
        ) filter (where f.place <= p.listed_max)
    ),
    %(as_of)s,
    a.alert_id
from control.alerts as a
join reference.alert_policies as p on p.kind = a.kind
join (
    select
        finding_id,
        alert_id,
        business_date,
        summary,
        resolved_at,
        resolution,
        row_number() over (partition by alert_id order by finding_id) as place
    from control.alert_findings
    where alert_id in (
        select told.alert_id
        from control.alert_findings as told
        where told.resolved_at > %(as_of)s::timestamptz - interval '1 day'
    )
) as f on f.alert_id = a.alert_id
where exists (
    select
    from control.alert_deliveries as d
    where d.alert_id = a.alert_id
      and d.delivered_at is not null
)
group by a.alert_id, a.kind, p.listed_max
having bool_and(f.resolved_at is not null)
on conflict (resolves_alert_id) do nothing;

select
    (select count(*) from control.alerts where resolves_alert_id is not null) as rows_in,
    (
        select count(*)
        from control.alerts
        where resolves_alert_id is not null
          and raised_at = %(as_of)s
    ) as rows_out;
