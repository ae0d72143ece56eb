-- purpose: settle the candidates that nothing withholds, with all that is still due of them: one
--          event each, which is the delivery, the payment and the change of state in one row.
-- reads: candidate_instructions, withheld_instructions (temporary), settlement.instructed_movements
-- writes: settlement.events
-- rerun: append once: what has settled is no candidate
-- parameters: act_id, effective_on, settlement_dates

insert into settlement.events (
    instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state, to_state,
    symbol, delivered_currency, quantity, deliverer_id, receiver_id, currency, amount, payer_id,
    payee_id
)
select
    c.instruction_id,
    c.settlement_date,
    %(effective_on)s,
    %(act_id)s,
    c.last_sequence + 1,
    'SETTLEMENT',
    c.state,
    'SETTLED',
    m.symbol,
    m.delivered_currency,
    m.quantity - c.settled_quantity,
    m.deliverer_id,
    m.receiver_id,
    case when m.amount > c.settled_amount then m.currency end,
    nullif(m.amount - c.settled_amount, 0),
    case when m.amount > c.settled_amount then m.payer_id end,
    case when m.amount > c.settled_amount then m.payee_id end
from candidate_instructions as c
join settlement.instructed_movements as m
    on m.settlement_date = any(%(settlement_dates)s::date[])
    and m.settlement_date = c.settlement_date
    and m.instruction_id = c.instruction_id
where not exists (
    select
    from withheld_instructions as w
    where w.instruction_id = c.instruction_id
)
order by c.instruction_id
on conflict (instruction_id, sequence, settlement_date) do nothing;

select
    (select count(*) from candidate_instructions) as rows_in,
    (
        select count(*)
        from candidate_instructions as c
        where c.settlement_date = any(%(settlement_dates)s::date[])
          and not exists (
              select from withheld_instructions as w where w.instruction_id = c.instruction_id
          )
    ) as rows_out;
