-- purpose: make one alert per kind of all findings that no alert speaks of yet, where the kind's
--          last alert is long enough ago: each message in a row doubles the pause.
-- reads: control.alert_findings, reference.alert_policies, control.alerts
-- writes: control.alerts, control.alert_findings
-- rerun: append once; findings are marked in the same transaction
-- parameters: as_of, longest_window_s (seconds that a pause has at most)

drop table if exists pg_temp.raised_alerts;

create temporary table raised_alerts (alert_id bigint, kind text) on commit drop;

with due_kinds as (
    select
        p.kind,
        p.listed_max,
        control.next_repeat(p.kind, %(as_of)s, %(longest_window_s)s) as repeat_number
    from reference.alert_policies as p
    where control.next_repeat(p.kind, %(as_of)s, %(longest_window_s)s) is not null
      and exists (
          select
          from control.alert_findings as f
          where f.kind = p.kind
            and f.alert_id is null
            and f.found_at <= %(as_of)s - make_interval(secs => p.settle_seconds)
      )
),
findings as (
    select
        f.*,
        k.listed_max,
        k.repeat_number,
        row_number() over (partition by f.kind order by f.finding_id) as place
    from control.alert_findings as f
    join due_kinds as k on k.kind = f.kind
    where f.alert_id is null
),
raised as (
    insert into control.alerts (kind, item_count, facts, raised_at, repeat_number)
    select
        kind,
        count(*),
        jsonb_build_object(
            'next_step', min(next_step),
            'items', jsonb_agg(
                jsonb_build_object('business_date', business_date, 'summary', summary)
                order by place
            ) filter (where place <= listed_max)
        ),
        %(as_of)s,
        min(repeat_number)
    from findings
    group by kind
    returning alert_id, kind
)
insert into raised_alerts (alert_id, kind)
select alert_id, kind
from raised;

update control.alert_findings as f
set alert_id = r.alert_id
from raised_alerts as r
where f.kind = r.kind
  and f.alert_id is null;

select
    (
        select count(*)
        from control.alert_findings as f
        join raised_alerts as r on r.alert_id = f.alert_id
    ) as rows_in,
    (select count(*) from raised_alerts) as rows_out;
