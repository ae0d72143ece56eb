-- purpose: complete the staged executions of these batches from reference data, as a view that
--          their promotion reads.
-- reads: staging.executions, reference.sources, reference.instruments, reference.markets,
--        reference.settlement_cycles, reference.calendar_days
-- writes: resolved_executions (temporary view), settlement_terms (temporary)
-- rerun: replaces the temporary table and the view, which goes with it
-- parameters: batch_ids, business_dates (every date of the staged executions)

drop table if exists pg_temp.settlement_terms cascade;

create temporary table settlement_terms on commit drop as
select *
from reference.settlement_dates(%(business_dates)s::date[]);

analyze settlement_terms;

create temporary view resolved_executions as
with staged as (
    select
        s.*,
        s.ctid as staged_at,
        coalesce(i.settlement_market_id, i.market_id, o.market_id) as market_id,
        coalesce(s.asset_class, i.asset_class, 'EQUITY') as resolved_asset_class,
        o.currency as source_currency,
        o.counterparty_id as source_counterparty_id
    from staging.executions as s
    join reference.sources as o on o.source_id = s.source_id
    left join reference.instruments as i on i.symbol = s.symbol
    where s.batch_id = any(%(batch_ids)s::bigint[])
)
select
    s.business_date,
    s.trade_id,
    s.version,
    s.feed,
    s.source_id,
    s.symbol,
    s.resolved_asset_class as asset_class,
    s.side,
    s.quantity,
    s.price,
    coalesce(s.currency, s.source_currency) as currency,
    coalesce(s.notional, s.price * s.quantity) as notional,
    coalesce(s.brokerage_fee, 0) as brokerage_fee,
    coalesce(s.clearing_fee, 0) as clearing_fee,
    coalesce(s.exchange_fee, 0) as exchange_fee,
    coalesce(s.counterparty_id, s.source_counterparty_id) as counterparty_id,
    s.venue,
    coalesce(s.account, 'HOUSE') as account,
    coalesce(s.strategy, 'NONE') as strategy,
    s.executed_at,
    coalesce(
        s.settlement_date, d.settlement_date, reference.add_weekdays(s.business_date, 2)
    ) as settlement_date,
    s.status,
    case
        when s.settlement_date is null and d.settlement_date is null
            then s.flags || array['settlement_calendar_missing']
        else s.flags
    end as flags,
    s.batch_id,
    s.topic,
    s.partition,
    s.message_offset,
    s.staged_at,
    row_number() over (
        partition by s.trade_id collate "C", s.version, s.business_date
        order by s.batch_id, s.topic, s.partition, s.message_offset
    ) as arrival  -- and so sorted by key: neighbours in the index
from staged as s
left join settlement_terms as d
    on d.business_date = s.business_date
    and d.market_id = s.market_id
    and d.asset_class = s.resolved_asset_class;

select count(*) as rows_in, count(*) as rows_out
from staging.executions
where batch_id = any(%(batch_ids)s::bigint[]);
