-- purpose: find trades that reached us after they had to be reported. What we recorded first is the
--          earliest moment at which a report could leave; a later version is no first report.
-- reads: checked_trades (temporary), reference.reporting_deadlines, reference.calendar_days,
--        trade.executions
-- writes: reported_trades, late_trades (temporary)
-- rerun: replaces the temporary tables
-- parameters: business_date

drop table if exists pg_temp.reported_trades, pg_temp.late_trades;

create temporary table reported_trades on commit drop as
with deadlines as (
    select distinct on (regime, market_id, asset_class) *
    from reference.reporting_deadlines
    where effective_from <= %(business_date)s
    order by regime, market_id, asset_class, effective_from desc
),
-- a date of ours is two or three local ones
local_days as (
    select
        d.regime, d.market_id, d.asset_class, today.calendar_date, today.is_business_day,
        next_day.calendar_date as next_date
    from deadlines as d
    join reference.calendar_days as today
        on today.calendar_id = d.calendar_id
        and today.calendar_date between %(business_date)s::date - 1 and %(business_date)s::date + 1
    left join reference.calendar_days as next_day
        on next_day.calendar_id = d.calendar_id
        and next_day.is_business_day
        and next_day.business_day_ordinal = today.business_day_ordinal + 1
)
select
    t.trade_id, t.version, t.source_id, t.symbol, t.account, t.counterparty_id, t.executed_at,
    t.recorded_at, d.regime, d.listed_max, d.source as deadline_source, due.due_at
from checked_trades as t
left join deadlines as d
    on d.market_id = t.market_id
    and d.asset_class = t.asset_class
left join lateral (select t.executed_at at time zone d.timezone as executed) as local on true
left join local_days as n
    on (n.regime, n.market_id, n.asset_class) = (d.regime, d.market_id, d.asset_class)
    and n.calendar_date = local.executed::date
left join lateral (
    select
        case
            when d.basis = 'ELAPSED' and n.is_business_day
                and local.executed::time between d.opens_at and d.closes_at
                then t.executed_at
            when d.basis = 'ELAPSED' and n.is_business_day and local.executed::time < d.opens_at
                then (n.calendar_date + d.opens_at) at time zone d.timezone
            else (n.next_date + d.opens_at) at time zone d.timezone
        end + d.minutes_max * interval '1 minute' as due_at
) as due on true;

create temporary table late_trades on commit drop as
select r.*, arrived.first_recorded_at
from reported_trades as r
-- nothing came before a first version: only for others is there something to look up
cross join lateral (
    select
        case r.version
            when 1 then r.recorded_at
            else (
                select min(first.recorded_at)
                from trade.executions as first
                where first.business_date = %(business_date)s
                  and first.trade_id = r.trade_id
            )
        end as first_recorded_at
) as arrived
where r.recorded_at > r.due_at
  and arrived.first_recorded_at > r.due_at;

analyze late_trades (regime, source_id);

select
    (select count(*) from reported_trades) as rows_in,
    (select count(*) from late_trades) as rows_out;
