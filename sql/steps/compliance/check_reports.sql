-- purpose: flag what was found late: each trade, or, where a source has more late ones than are
--          listed, the source with their count: a day that is loaded afterwards is one alert.
-- reads: reported_trades, late_trades (temporary)
-- writes: found_alerts, found_coverage (temporary)
-- rerun: replaces what the rule had found
-- parameters: none

delete from found_alerts where rule = 'late_report';

delete from found_coverage where rule = 'late_report';

with ranked as (
    select
        *,
        count(*) over (partition by regime, source_id) as late_count,
        row_number() over (
            partition by regime, source_id order by executed_at, trade_id collate "C"
        ) as place
    from late_trades
)
insert into found_alerts
select
    'late_report', 'TRADE', regime || ' / ' || trade_id, symbol, account, counterparty_id,
    jsonb_build_object(
        'trade_id', trade_id, 'version', version, 'regime', regime, 'executed_at', executed_at,
        'due_at', due_at, 'recorded_at', first_recorded_at, 'deadline_source', deadline_source
    )
from ranked
where late_count <= listed_max
union all
select
    'late_report', 'FEED', regime || ' / ' || source_id, null, null, null,
    jsonb_build_object(
        'regime', regime, 'source', source_id, 'late_count', max(late_count),
        'first_due_at', min(due_at), 'first_recorded_at', min(first_recorded_at),
        'last_recorded_at', max(first_recorded_at),
        'first_trade_ids', jsonb_agg(trade_id order by place) filter (where place <= listed_max),
        'deadline_source', min(deadline_source)
    )
from ranked
where late_count > listed_max
group by regime, source_id;

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
