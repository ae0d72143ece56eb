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
    b.expected_value,
    b.actual_value,
    b.delta,
    abs(b.exposure_amount) as exposure_amount,
    coalesce(j.currency, j.confirmed_currency, j.pnl_currency) as currency,
    coalesce(j.counterparty_id, j.confirmed_counterparty_id) as counterparty_id,
    coalesce(j.symbol, j.confirmed_symbol) as symbol
from judged_trades as j
cross join lateral (
    values
    (
        'quantity_mismatch', not j.is_quantity_agreed,
        j.quantity::text, j.confirmed_quantity::text,
        j.confirmed_quantity - j.quantity, (j.confirmed_quantity - j.quantity) * j.price
    ),
    (
        'price_mismatch', not j.is_price_agreed,
        j.price::text, j.confirmed_price::text,
        j.confirmed_price - j.price, (j.confirmed_price - j.price) * j.quantity
    ),
    (
        'timestamp_mismatch', not j.is_timestamp_agreed,
        recon.instant_text(j.executed_at), recon.instant_text(j.confirmed_at),
        extract(epoch from j.confirmed_at - j.executed_at) * 1000, 0
    ),
    (
        'pnl_mismatch', not j.is_pnl_agreed,
        (j.price * j.quantity - j.commission)::text, j.pnl_impact::text,
        j.pnl_impact - (j.price * j.quantity - j.commission),
        j.pnl_impact - (j.price * j.quantity - j.commission)
    ),
    (
        'missing_confirmation', j.lacks_confirmation,
        j.quantity || ' @ ' || j.price, null, null, j.price * j.quantity
    ),
    (
        'missing_pnl_snapshot', j.lacks_pnl_snapshot,
        j.quantity || ' @ ' || j.price, null, null, j.price * j.quantity
    ),
    (
        'missing_execution', j.lacks_execution,
        null, coalesce(j.confirmed_quantity || ' @ ' || j.confirmed_price, j.pnl_impact::text),
        null, coalesce(j.confirmed_price * j.confirmed_quantity, j.pnl_impact)
    )
) as b (break_type, is_broken, expected_value, actual_value, delta, exposure_amount)
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
