-- purpose: open what was found lacking. With the whole date before it, also bring the exposures of
--          open breaks up to date, and resolve those that nothing lacks any more.
-- reads: found_settlement_breaks (temporary)
-- writes: settlement.breaks
-- rerun: upsert changed: rows that say the same stay untouched
-- parameters: run_id, as_of, business_dates, is_whole_date

insert into settlement.breaks as stored (
    business_date, subject_kind, subject_id, break_type, expected_value, actual_value,
    exposure_amount, currency, counterparty_id, symbol, opened_run_id, opened_at
)
select
    business_date,
    subject_kind,
    subject_id,
    break_type,
    expected_value,
    actual_value,
    exposure_amount,
    currency,
    counterparty_id,
    symbol,
    %(run_id)s,
    %(as_of)s
from found_settlement_breaks
on conflict (business_date, subject_kind, subject_id, break_type) do update set
    status = 'OPEN',
    actual_value = excluded.actual_value,
    exposure_amount = excluded.exposure_amount,
    resolved_run_id = null,
    resolved_at = null,
    resolved_reason = null
where stored.status <> 'OPEN'
   or %(is_whole_date)s
   and (stored.actual_value, stored.exposure_amount)
   is distinct from (excluded.actual_value, excluded.exposure_amount);

update settlement.breaks as b
set status = 'RESOLVED',
    resolved_run_id = %(run_id)s,
    resolved_at = %(as_of)s,
    resolved_reason = 'nothing_waits_for_it'
where %(is_whole_date)s
  and b.business_date = any(%(business_dates)s::date[])
  and b.subject_kind in ('TRADE', 'STANDING_INSTRUCTION')
  and b.break_type in (
      'currency_unknown', 'settlement_method_missing', 'pair_unknown',
      'settlement_date_out_of_range', 'settlement_date_closed', 'standing_instruction_missing',
      'standing_instruction_ambiguous'
  )
  and b.status = 'OPEN'
  and not exists (
      select
      from found_settlement_breaks as f
      where f.business_date = b.business_date
        and f.subject_kind = b.subject_kind
        and f.subject_id = b.subject_id
        and f.break_type = b.break_type
  );

select count(*) as rows_in, count(*) as rows_out
from found_settlement_breaks;
