-- purpose: mark the fails that a central counterparty took up today at the last mark of their
--          instrument: delivery is then paid at the mark, and the difference at once. Without a
--          mark it stays at what was agreed, and that is a break until there is one.
-- reads: settlement.netted_instructions, settlement.marked_fails, settlement.breaks,
--        reference.currencies
-- writes: settlement.marked_fails, settlement.breaks
-- rerun: append once, by net and instruction
-- parameters: effective_on, act_id, run_id, as_of

drop table if exists pg_temp.found_fails;

create temporary table found_fails on commit drop as
select
    g.*,
    m.price as mark_price,
    m.mark_date,
    round(g.received_quantity * m.price, coalesce(c.minor_unit_digits, 2)) as marked_amount
from settlement.netted_instructions as g
left join market.marks_on(%(effective_on)s) as m
    on (m.symbol, m.currency) = (g.symbol, g.currency)
left join reference.currencies as c on c.currency = g.currency
where g.netted_on = %(effective_on)s
  and g.netting_method = 'CENTRAL'
  and g.settlement_date < %(effective_on)s
  and g.from_state in ('FAILING', 'PARTIALLY_SETTLED')
  and g.received_quantity <> 0
  and not exists (
      select
      from settlement.marked_fails as f
      where f.net_instruction_id = g.net_instruction_id
        and f.instruction_id = g.instruction_id
  );

insert into settlement.marked_fails (
    net_instruction_id, instruction_id, settlement_date, mark_price, mark_date, marked_amount,
    mark_payment, act_id
)
select
    net_instruction_id, instruction_id, settlement_date, mark_price, mark_date, marked_amount,
    marked_amount - paid_amount, %(act_id)s
from found_fails
where mark_price is not null;

insert into settlement.breaks (
    business_date, subject_kind, subject_id, break_type, expected_value, actual_value,
    exposure_amount, currency, counterparty_id, symbol, opened_run_id, opened_at
)
select
    %(effective_on)s,
    'INSTRUCTION',
    instruction_id::text,
    'mark_missing',
    'a mark in ' || currency,
    'none',
    abs(paid_amount),
    currency,
    counterparty_id,
    symbol,
    %(run_id)s,
    %(as_of)s
from found_fails
where mark_price is null
on conflict (business_date, subject_kind, subject_id, break_type) do nothing;

update settlement.breaks as b
set status = 'RESOLVED',
    resolved_run_id = %(run_id)s,
    resolved_at = %(as_of)s,
    resolved_reason = 'there_is_a_mark'
from market.marks_on(%(effective_on)s) as m
where b.break_type = 'mark_missing'
  and b.status = 'OPEN'
  and (m.symbol, m.currency) = (b.symbol, b.currency);

select
    (select count(*) from found_fails) as rows_in,
    (select count(*) from found_fails where mark_price is not null) as rows_out;
