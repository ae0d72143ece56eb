-- purpose: settle the orders that were just instructed: delivery and payment are one row each.
-- reads: settlement.instructions, settlement.instructed_movements, settlement.events
-- writes: settlement.events
-- rerun: append once: an instruction that has an event is left alone
-- parameters: act_id, settlement_dates

insert into settlement.events (
    instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state, to_state,
    symbol, quantity, deliverer_id, receiver_id, currency, amount, payer_id, payee_id
)
select
    m.instruction_id,
    m.settlement_date,
    m.settlement_date,
    %(act_id)s,
    1,
    'SETTLEMENT',
    'INSTRUCTED',
    'SETTLED',
    m.symbol,
    m.quantity,
    m.deliverer_id,
    m.receiver_id,
    m.currency,
    m.amount,
    m.payer_id,
    m.payee_id
from settlement.instructed_movements as m
join settlement.instructions as i
    on i.settlement_date = m.settlement_date
    and i.instruction_id = m.instruction_id
    and i.act_id = %(act_id)s
where m.settlement_date = any(%(settlement_dates)s::date[])
  and not exists (
      select
      from settlement.events as e
      where e.settlement_date = m.settlement_date
        and e.instruction_id = m.instruction_id
  );

select count(*) as rows_in, count(*) as rows_out
from settlement.events
where act_id = %(act_id)s;
