-- purpose: open a break for each block that is due and not allocated in whole, or in more than
--          that, and for each allocation without a block; resolve those that are mended.
-- reads: current_blocks (temporary)
-- writes: settlement.breaks
-- rerun: upsert changed: rows that say the same stay untouched
-- parameters: run_id, as_of, business_dates

drop table if exists pg_temp.found_block_breaks;

create temporary table found_block_breaks on commit drop as
select
    *,
    case
        when not is_block then 'allocation_without_block'
        when allocated_quantity < quantity then 'block_under_allocated'
        else 'block_over_allocated'
    end as break_type
from current_blocks
where not is_block
   or is_due and allocated_quantity <> quantity;

insert into settlement.breaks as stored (
    business_date, subject_kind, subject_id, break_type, expected_value, actual_value, delta,
    exposure_amount, currency, counterparty_id, symbol, opened_run_id, opened_at
)
select
    business_date,
    'TRADE',
    trade_id,
    break_type,
    case when is_block then trim_scale(quantity)::text else 'a matched trade of a block' end,
    case when is_block then trim_scale(allocated_quantity)::text
        else coalesce('a trade of ' || account, 'no trade')
    end,
    case when is_block then allocated_quantity - quantity end,
    case when is_block then abs(round(price * (allocated_quantity - quantity), 2)) end,
    currency,
    counterparty_id,
    symbol,
    %(run_id)s,
    %(as_of)s
from found_block_breaks
on conflict (business_date, subject_kind, subject_id, break_type) do update set
    status = 'OPEN',
    actual_value = excluded.actual_value,
    delta = excluded.delta,
    exposure_amount = excluded.exposure_amount,
    resolved_run_id = null,
    resolved_at = null,
    resolved_reason = null
where (stored.status, stored.actual_value) is distinct from ('OPEN', excluded.actual_value);

update settlement.breaks as b
set status = 'RESOLVED',
    resolved_run_id = %(run_id)s,
    resolved_at = %(as_of)s,
    resolved_reason = 'allocation_fits'
where b.business_date = any(%(business_dates)s::date[])
  and b.break_type in (
      'allocation_without_block', 'block_under_allocated', 'block_over_allocated'
  )
  and b.status = 'OPEN'
  and not exists (
      select
      from found_block_breaks as f
      where (f.business_date, f.trade_id, f.break_type)
          = (b.business_date, b.subject_id, b.break_type)
  );

select (select count(*) from current_blocks) as rows_in, count(*) as rows_out
from found_block_breaks;
