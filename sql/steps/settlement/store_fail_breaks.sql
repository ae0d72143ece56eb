-- purpose: open a break for each instruction that fails on the day, and resolve those of
--          instructions that have settled or were cancelled since.
-- reads: settlement.fails, settlement.instruction_states, settlement.cycles
-- writes: settlement.breaks, open_fail_breaks (temporary)
-- rerun: upsert changed: rows that say the same stay untouched; the run of a past day changes no
--        break that stands for a later one
-- parameters: effective_on, run_id, as_of

drop table if exists pg_temp.open_fail_breaks;

insert into settlement.breaks as stored (
    business_date, subject_kind, subject_id, break_type, expected_value, actual_value,
    exposure_amount, currency, counterparty_id, symbol, opened_run_id, opened_at
)
select
    settlement_date,
    'INSTRUCTION',
    instruction_id::text,
    'settlement_fail',
    format('settled on %%s', settlement_date),
    reason,
    open_amount,
    currency,
    counterparty_id,
    symbol,
    %(run_id)s,
    %(as_of)s
from settlement.fails
where as_of_date = %(effective_on)s
on conflict (business_date, subject_kind, subject_id, break_type) do update set
    actual_value = excluded.actual_value,
    exposure_amount = excluded.exposure_amount
where stored.status = 'OPEN'
  and %(effective_on)s >= (select max(last_effective_on) from settlement.cycles)
  and (stored.actual_value, stored.exposure_amount)
  is distinct from (excluded.actual_value, excluded.exposure_amount);

create temporary table open_fail_breaks on commit drop as
select business_date, subject_id, subject_id::bigint as instruction_id
from settlement.breaks
where subject_kind = 'INSTRUCTION'
  and break_type = 'settlement_fail'
  and status = 'OPEN';

analyze open_fail_breaks;

update settlement.breaks as b
set status = 'RESOLVED',
    resolved_run_id = %(run_id)s,
    resolved_at = %(as_of)s,
    resolved_reason = case s.state
        when 'SETTLED' then 'settled_late'
        else 'instruction_cancelled'
    end
from open_fail_breaks as o
join settlement.instruction_states as s
    on s.settlement_date = o.business_date
    and s.instruction_id = o.instruction_id
where (b.business_date, b.subject_id) = (o.business_date, o.subject_id)
  and b.subject_kind = 'INSTRUCTION'
  and b.break_type = 'settlement_fail'
  and s.state in ('SETTLED', 'CANCELLED');

select
    (select count(*) from open_fail_breaks) as rows_in,
    (
        select count(*)
        from settlement.breaks
        where subject_kind = 'INSTRUCTION'
          and break_type = 'settlement_fail'
          and status = 'OPEN'
    ) as rows_out;
