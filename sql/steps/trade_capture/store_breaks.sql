-- purpose: bring the stored breaks of the touched trades in line with what was found: open new
--          ones, resolve those that are gone, open again those that came back.
-- reads: found_breaks, touched_trades, judged_trades (temporary)
-- writes: recon.breaks
-- rerun: upsert changed: rows that say the same stay untouched
-- parameters: run_id, as_of, business_dates

-- first, so that it does not look through those that are opened now
update recon.breaks as b
set status = 'RESOLVED',
    resolved_run_id = %(run_id)s,
    resolved_at = %(as_of)s,
    resolved_reason = case
        when j.execution_status = 'CANCELLED' then 'execution_cancelled'
        when j.execution_version is null and not j.lacks_execution then 'records_moved_or_withdrawn'
        when b.break_type like 'duplicate%%' then 'records_moved_or_withdrawn'
        when b.break_type like 'missing%%' then 'missing_record_arrived'
        else 'later_record_agrees'
    end
from touched_trades as t
left join judged_trades as j on j.business_date = t.business_date and j.trade_id = t.trade_id
where b.business_date = any(%(business_dates)s::date[])
  and b.business_date = t.business_date
  and b.trade_id = t.trade_id
  and b.status = 'OPEN'
  and not exists (
      select
      from found_breaks as f
      where f.business_date = b.business_date
        and f.trade_id = b.trade_id
        and f.break_type = b.break_type
  );

-- the reconciliation's lock keeps other writers away: nothing can come between look and insert
merge into recon.breaks as stored
using found_breaks as found
    on stored.business_date = any(%(business_dates)s::date[])
    and stored.business_date = found.business_date
    and stored.trade_id = found.trade_id
    and stored.break_type = found.break_type
when matched and (
    stored.status, stored.expected_value, stored.actual_value, stored.delta,
    stored.exposure_amount, stored.currency, stored.counterparty_id, stored.symbol
) is distinct from (
    'OPEN', found.expected_value, found.actual_value, found.delta,
    found.exposure_amount, found.currency, found.counterparty_id, found.symbol
) then update set
    status = 'OPEN',
    expected_value = found.expected_value,
    actual_value = found.actual_value,
    delta = found.delta,
    exposure_amount = found.exposure_amount,
    currency = found.currency,
    counterparty_id = found.counterparty_id,
    symbol = found.symbol,
    resolved_run_id = null,
    resolved_at = null,
    resolved_reason = null
when not matched then insert (
    business_date, trade_id, break_type, expected_value, actual_value, delta, exposure_amount,
    currency, counterparty_id, symbol, opened_run_id, opened_at
) values (
    found.business_date, found.trade_id, found.break_type, found.expected_value,
    found.actual_value, found.delta, found.exposure_amount, found.currency,
    found.counterparty_id, found.symbol, %(run_id)s, %(as_of)s
);

select count(*) as rows_in, count(*) as rows_out
from found_breaks;
