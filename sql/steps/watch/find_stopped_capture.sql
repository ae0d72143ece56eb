-- purpose: find that capture takes nothing in although messages or batches wait for it.
-- reads: reference.deadlines, control.step_runs, control.watch_rounds, control.alert_findings
-- writes: control.watch_rounds, control.alert_findings
-- rerun: append once, by the moment since when it waits
-- parameters: as_of, complaint (what waits, or why it cannot be known; null while nothing waits)

insert into control.watch_rounds as r (watch, last_round_at, waiting_since)
select
    'capture',
    %(as_of)s,
    case when %(complaint)s::text is not null then %(as_of)s::timestamptz end
on conflict (watch) do update set
    last_round_at = excluded.last_round_at,
    waiting_since = case
        when excluded.waiting_since is null then null
        -- a drain that ended well since then has taken something in
        when exists (
            select
            from control.step_runs as s
            where s.step = 'trade_capture/drain_feeds'
              and s.outcome = 'DONE'
              and s.rows_in > 0
              and s.started_at > r.waiting_since
        ) then excluded.waiting_since
        else coalesce(r.waiting_since, excluded.waiting_since)
    end;

insert into control.alert_findings (kind, finding_key, summary, next_step, found_at)
select
    'capture_stopped',
    concat_ws('/', d.deadline_id, to_char(r.waiting_since, 'YYYY-MM-DD"T"HH24:MI:SS.US')),
    format(
        'nothing was taken in for more than %%s minutes: %%s', d.minutes_max, %(complaint)s
    ),
    'see trade_capture in Airflow (paused, failed, stuck?) and ./posttrade status',
    %(as_of)s
from control.watch_rounds as r
join reference.deadlines as d on d.subject = 'capture'
where r.watch = 'capture'
  and r.waiting_since <= %(as_of)s::timestamptz - make_interval(mins => d.minutes_max)
on conflict (kind, finding_key) do nothing;

select
    (select count(*) from control.watch_rounds where waiting_since is not null) as rows_in,
    (
        select count(*)
        from control.alert_findings
        where kind = 'capture_stopped'
          and found_at = %(as_of)s
    ) as rows_out;
