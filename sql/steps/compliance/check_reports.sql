-- purpose: flag what was found late: each trade, or, where a source has more late ones than are
--          listed, the source with their count: a day that is loaded afterwards is one alert.
-- reads: reported_trades, late_trades (temporary)
-- writes: found_alerts, found_coverage (temporary)
-- rerun: replaces what the rule had found
-- parameters: none

delete from found_alerts where rule = 'late_report';

delete from found_coverage where rule = 'late_report';

-- the order of the trades of a source is needed for those that are listed alone
with sources as materialized (
    select regime, source_id, count(*) as late_count, max(listed_max) as listed_max
    from late_trades
    group by regime, source_id
)
insert into found_alerts
select
    'late_report', 'TRADE', t.regime || ' / ' || t.trade_id, t.symbol, t.account, t.counterparty_id,
    jsonb_build_object(
        'trade_id', t.trade_id, 'version', t.version, 'regime', t.regime,
        'executed_at', t.executed_at, 'due_at', t.due_at, 'recorded_at', t.first_recorded_at,
        'deadline_source', t.deadline_source
    )
from late_trades as t
join sources as s using (regime, source_id)
where s.late_count <= t.listed_max
union all
select
    'late_report', 'FEED', regime || ' / ' || source_id, null, null, null,
    jsonb_build_object(
        'regime', regime, 'source', source_id, 'late_count', late_count,
        'first_due_at', min(t.due_at), 'first_recorded_at', min(t.first_recorded_at),
        'last_recorded_at', max(t.first_recorded_at), 'first_trade_ids', (
            select jsonb_agg(f.trade_id order by f.place)
            from (
                select *, row_number() over (order by executed_at, trade_id collate "C") as place
                from (
                    select trade_id, executed_at, listed_max
                    from late_trades as of_source
                    where of_source.regime = t.regime
                      and of_source.source_id = t.source_id
                    order by executed_at, trade_id collate "C"
                    limit s.listed_max
                ) as first_ones
            ) as f
            where f.place <= f.listed_max
              and f.listed_max < s.late_count
        ),
        'deadline_source', min(t.deadline_source)
    )
from late_trades as t
join sources as s using (regime, source_id)
where s.late_count > t.listed_max
group by t.regime, t.source_id, s.late_count, s.listed_max;

insert into found_coverage
select
    'late_report',
    case
        when regime is null then 'no_deadline'
        when due_at is null then 'beyond_the_calendar'
        else 'checked'
    end,
    count(*)
from reported_trades
group by 2;

select
    (select count(*) from late_trades) as rows_in,
    (select count(*) from found_alerts where rule = 'late_report') as rows_out;
