-- purpose: end the instructions of trades that were corrected, cancelled or withdrawn: what has not
--          settled by a change of state, what has by taking back each movement: on the day on which
--          this was known, but not before it moved.
-- reads: judged_instructions (temporary), settlement.events
-- writes: settlement.acts, settlement.events, settlement.cycles, cancelling_acts (temporary)
-- rerun: append once: an ended instruction is not judged again
-- parameters: run_id, as_of, effective_on, known_on, actor

drop table if exists pg_temp.cancelling_acts;

create temporary table cancelling_acts on commit drop as
select
    cancel_cause,
    settlement.open_act(cancel_cause, %(actor)s, %(run_id)s, %(as_of)s) as act_id
from (
    select distinct cancel_cause
    from judged_instructions
    where cancel_cause is not null
) as causes;

insert into settlement.events (
    instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state, to_state
)
select
    j.instruction_id,
    j.settlement_date,
    %(effective_on)s,
    a.act_id,
    j.last_sequence + 1,
    'STATUS',
    j.state,
    'CANCELLED'
from judged_instructions as j
join cancelling_acts as a using (cancel_cause)
where not j.has_settled
order by j.instruction_id
on conflict do nothing;

insert into settlement.events (
    instruction_id, settlement_date, effective_on, act_id, sequence, reverses_sequence, kind,
    from_state, to_state, symbol, delivered_currency, quantity, deliverer_id, receiver_id,
    currency, amount, payer_id, payee_id
)
select
    j.instruction_id,
    j.settlement_date,
    greatest(%(known_on)s, e.effective_on),
    a.act_id,
    j.last_sequence + row_number() over file,
    e.sequence,
    'REVERSAL',
    case row_number() over file when 1 then j.state else 'CANCELLED' end,
    'CANCELLED',
    e.symbol,
    e.delivered_currency,
    e.quantity,
    e.receiver_id,
    e.deliverer_id,
    e.currency,
    e.amount,
    e.payee_id,
    e.payer_id
from judged_instructions as j
join cancelling_acts as a using (cancel_cause)
join settlement.events as e
    on e.settlement_date = j.settlement_date
    and e.instruction_id = j.instruction_id
    and e.kind in ('SETTLEMENT', 'NETTED')
where j.has_settled
window file as (partition by j.instruction_id order by e.sequence)
order by j.instruction_id, e.sequence
on conflict do nothing;

select
    count(*) filter (where cancel_cause is not null) as rows_in,
    count(*) filter (where cancel_cause is not null) as rows_out
from judged_instructions;
