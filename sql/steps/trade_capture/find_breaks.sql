-- purpose: list the breaks of the judged trades: one row per rule broken or side missing, with both
--          values and the exact delta. A missing side is a break once its grace is over, or while
--          its break stands open already.
-- reads: judged_trades (temporary), recon.breaks
-- writes: found_breaks (temporary)
-- rerun: replaces the temporary table
-- parameters: business_dates

drop table if exists pg_temp.found_breaks;

create temporary table found_breaks on commit drop as
select
    j.business_date,
    j.trade_id,
    b.break_type,
    case b.break_type
        when 'quantity_mismatch' then j.quantity::text
        when 'price_mismatch' then j.price::text
        when 'timestamp_mismatch' then recon.instant_text(j.executed_at)
        when 'pnl_mismatch' then (j.price * j.quantity - j.commission)::text
        when 'missing_execution' then null
        else j.quantity || ' @ ' || j.price
    end as expected_value,
    case b.break_type
        when 'quantity_mismatch' then j.confirmed_quantity::text
        when 'price_mismatch' then j.confirmed_price::text
        when 'timestamp_mismatch' then recon.instant_text(j.confirmed_at)
        when 'pnl_mismatch' then j.pnl_impact::text
        when 'missing_execution'
            then coalesce(j.confirmed_quantity || ' @ ' || j.confirmed_price, j.pnl_impact::text)
    end as actual_value,
    case b.break_type
        when 'quantity_mismatch' then j.confirmed_quantity - j.quantity
        when 'price_mismatch' then j.confirmed_price - j.price
        when 'timestamp_mismatch' then extract(epoch from j.confirmed_at - j.executed_at) * 1000
        when 'pnl_mismatch' then j.pnl_impact - (j.price * j.quantity - j.commission)
    end as delta,
    abs(case b.break_type
        when 'quantity_mismatch' then (j.confirmed_quantity - j.quantity) * j.price
        when 'price_mismatch' then (j.confirmed_price - j.price) * j.quantity
        when 'timestamp_mismatch' then 0
        when 'pnl_mismatch' then j.pnl_impact - (j.price * j.quantity - j.commission)
        when 'missing_execution'
            then coalesce(j.confirmed_price * j.confirmed_quantity, j.pnl_impact)
        else j.price * j.quantity
    end) as exposure_amount,
    coalesce(j.currency, j.confirmed_currency, j.pnl_currency) as currency,
    coalesce(j.counterparty_id, j.confirmed_counterparty_id) as counterparty_id,
    coalesce(j.symbol, j.confirmed_symbol) as symbol
from judged_trades as j
cross join lateral (
    values
    ('quantity_mismatch', not j.is_quantity_agreed),
    ('price_mismatch', not j.is_price_agreed),
    ('timestamp_mismatch', not j.is_timestamp_agreed),
    ('pnl_mismatch', not j.is_pnl_agreed),
    ('missing_confirmation', j.lacks_confirmation),
    ('missing_pnl_snapshot', j.lacks_pnl_snapshot),
    ('missing_execution', j.lacks_execution)
) as b (break_type, is_broken)
where (j.is_mismatched or j.lacks_confirmation or j.lacks_pnl_snapshot or j.lacks_execution)
  and b.is_broken
  and (
      b.break_type not like 'missing%%'
      or j.is_grace_over
      or exists (
          select
          from recon.breaks as open
          where open.business_date = any(%(business_dates)s::date[])
            and open.business_date = j.business_date
            and open.trade_id = j.trade_id
            and open.break_type = b.break_type
            and open.status = 'OPEN'
      )
  );

select (select count(*) from judged_trades) as rows_in, count(*) as rows_out
from found_breaks;
