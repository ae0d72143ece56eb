-- purpose: list the breaks of touched trades that have a second record with other content for the
--          same version: one per record type, showing the terms on which the first of them differs.
-- reads: touched_trades (temporary), trade.conflicts, trade.executions
-- writes: found_breaks (temporary)
-- rerun: a type that is listed for a trade stays listed once
-- parameters: business_dates

insert into found_breaks (
    business_date, trade_id, break_type, expected_value, actual_value, exposure_amount, currency,
    counterparty_id, symbol
)
select distinct on (f.business_date, f.trade_id, f.record_type)
    f.business_date,
    f.trade_id,
    'duplicate_' || f.record_type,
    f.kept_terms,
    f.refused_terms,
    abs(coalesce(f.price * f.quantity, (f.content ->> 'pnl_impact')::numeric)),
    coalesce(e.currency, f.content ->> 'currency'),
    coalesce(e.counterparty_id, f.content ->> 'counterparty_id'),
    coalesce(e.symbol, f.content ->> 'symbol')
from touched_trades as t
join trade.conflicts as f
    on f.business_date = t.business_date
    and f.trade_id = t.trade_id
left join lateral (
    select x.*
    from trade.executions as x
    where x.business_date = any(%(business_dates)s::date[])
      and x.business_date = t.business_date
      and x.trade_id = t.trade_id
    order by x.version desc
    limit 1
) as e on true
where not exists (
    select
    from found_breaks as found
    where found.business_date = t.business_date
      and found.trade_id = t.trade_id
      and found.break_type = 'duplicate_' || f.record_type
)
order by
    f.business_date,
    f.trade_id,
    f.record_type,
    f.batch_id,
    f.topic,
    f.partition,
    f.message_offset;

select (select count(*) from touched_trades) as rows_in, count(*) as rows_out
from found_breaks;
