-- purpose: open a break for each day of fail that cannot be priced, and resolve those that can now.
-- reads: settlement.current_penalties
-- writes: settlement.breaks
-- rerun: upsert changed: rows that say the same stay untouched
-- parameters: business_date, run_id, as_of

insert into settlement.breaks as stored (
    business_date, subject_kind, subject_id, break_type, expected_value, actual_value,
    exposure_amount, currency, counterparty_id, symbol, opened_run_id, opened_at
)
select
    penalty_date,
    'INSTRUCTION',
    instruction_id::text,
    'penalty_unpriced',
    lacking,
    'none',
    open_amount,
    currency,
    counterparty_id,
    symbol,
    %(run_id)s,
    %(as_of)s
from settlement.current_penalties
where lacking is not null
  and penalty_date < %(business_date)s
on conflict (business_date, subject_kind, subject_id, break_type) do update set
    status = 'OPEN',
    expected_value = excluded.expected_value,
    resolved_run_id = null,
    resolved_at = null,
    resolved_reason = null
where stored.status <> 'OPEN';

update settlement.breaks as b
set status = 'RESOLVED',
    resolved_run_id = %(run_id)s,
    resolved_at = %(as_of)s,
    resolved_reason = 'penalty_priced'
where b.subject_kind = 'INSTRUCTION'
  and b.break_type = 'penalty_unpriced'
  and b.status = 'OPEN'
  and not exists (
      select
      from settlement.current_penalties as p
      where p.instruction_id = b.subject_id::bigint
        and p.penalty_date = b.business_date
        and p.lacking is not null
  );

select
    (select count(*) from settlement.current_penalties where lacking is not null) as rows_in,
    (
        select count(*)
        from settlement.breaks
        where subject_kind = 'INSTRUCTION'
          and break_type = 'penalty_unpriced'
          and status = 'OPEN'
    ) as rows_out;
