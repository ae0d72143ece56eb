-- purpose: open what was found between depositories and books, resolve what was found before and is
--          no more, and take off the list what leaves nothing open.
-- reads: found_status_breaks, told_references, standing_statuses (temporary)
-- writes: settlement.breaks, settlement.open_statuses
-- rerun: upsert changed: rows that say the same stay untouched
-- parameters: run_id, as_of

insert into settlement.breaks as stored (
    business_date, subject_kind, subject_id, break_type, expected_value, actual_value, delta,
    exposure_amount, currency, counterparty_id, symbol, opened_run_id, opened_at
)
select
    business_date, 'INSTRUCTION', instruction_reference, break_type, expected_value,
    actual_value, delta, exposure_amount, currency, counterparty_id, symbol, %(run_id)s, %(as_of)s
from found_status_breaks
on conflict (business_date, subject_kind, subject_id, break_type) do update set
    status = 'OPEN',
    expected_value = excluded.expected_value,
    actual_value = excluded.actual_value,
    delta = excluded.delta,
    resolved_run_id = null,
    resolved_at = null,
    resolved_reason = null
where (stored.status, stored.expected_value, stored.actual_value, stored.delta)
  is distinct from ('OPEN', excluded.expected_value, excluded.actual_value, excluded.delta);

update settlement.breaks as b
set status = 'RESOLVED',
    resolved_run_id = %(run_id)s,
    resolved_at = %(as_of)s,
    resolved_reason = case b.break_type when 'status_told_twice' then 'said_anew'
        else 'statuses_and_books_agree'
    end
from told_references as t
where b.subject_kind = 'INSTRUCTION'
  and b.subject_id = t.instruction_reference
  and b.status = 'OPEN'
  and (
      b.break_type like '%%\_by_depository' or b.break_type like 'settled\_%%'
      or b.break_type
      in ('status_conflict', 'status_of_unknown_instruction', 'status_told_twice')
  )
  and not exists (
      select
      from found_status_breaks as f
      where (f.business_date, f.instruction_reference, f.break_type)
          = (b.business_date, b.subject_id, b.break_type)
  );

delete from settlement.open_statuses as o
using standing_statuses as s
where o.instruction_reference = s.instruction_reference
  and (s.settled_state is null or s.state in ('SETTLED', 'CANCELLED') or s.is_driven)
  and not exists (
      select from found_status_breaks as f where f.instruction_reference = o.instruction_reference
  );

update settlement.open_statuses as o
set is_new = false
from told_references as t
where o.is_new
  and o.instruction_reference = t.instruction_reference;

select (select count(*) from told_references) as rows_in, count(*) as rows_out
from found_status_breaks;
