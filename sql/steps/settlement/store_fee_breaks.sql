-- purpose: open a break for each booked fee that differs from the computed one, and resolve those
--          of the date that differ no longer.
-- reads: found_fee_breaks (temporary)
-- writes: settlement.breaks
-- rerun: upsert changed: rows that say the same stay untouched
-- parameters: run_id, as_of, business_date

insert into settlement.breaks as stored (
    business_date, subject_kind, subject_id, break_type, expected_value, actual_value, delta,
    exposure_amount, currency, counterparty_id, symbol, opened_run_id, opened_at
)
select
    %(business_date)s,
    'FEE',
    trade_id,
    break_type,
    expected_amount::text,
    actual_amount::text,
    delta,
    abs(delta),
    currency,
    counterparty_id,
    symbol,
    %(run_id)s,
    %(as_of)s
from found_fee_breaks
on conflict (business_date, subject_kind, subject_id, break_type) do update set
    status = 'OPEN',
    expected_value = excluded.expected_value,
    actual_value = excluded.actual_value,
    delta = excluded.delta,
    exposure_amount = excluded.exposure_amount,
    currency = excluded.currency,
    counterparty_id = excluded.counterparty_id,
    symbol = excluded.symbol,
    resolved_run_id = null,
    resolved_at = null,
    resolved_reason = null
where (
    stored.status, stored.expected_value, stored.actual_value, stored.currency,
    stored.counterparty_id, stored.symbol
) is distinct from (
    'OPEN', excluded.expected_value, excluded.actual_value, excluded.currency,
    excluded.counterparty_id, excluded.symbol
);

update settlement.breaks as b
set status = 'RESOLVED',
    resolved_run_id = %(run_id)s,
    resolved_at = %(as_of)s,
    resolved_reason = 'booked_as_computed_or_no_longer_charged'
where b.business_date = %(business_date)s
  and b.subject_kind = 'FEE'
  and b.status = 'OPEN'
  and not exists (
      select
      from found_fee_breaks as f
      where f.trade_id = b.subject_id
        and f.break_type = b.break_type
  );

select count(*) as rows_in, count(*) as rows_out
from found_fee_breaks;
