-- Settlement of a date as the pack tells it: as it stood at the end of the date, whatever came later.

create or replace view report.due_instructions as
with told as (
    select
        settlement_date,
        instruction_id,
        max(sequence) as last_sequence,
        sum(case kind when 'REVERSAL' then -quantity else quantity end) as settled_quantity,
        sum(case kind when 'REVERSAL' then -amount else amount end) as settled_amount
    from settlement.events
    where effective_on <= settlement_date
    group by settlement_date, instruction_id
)
select
    i.settlement_date,
    i.instruction_id,
    i.purpose,
    i.market_id,
    i.asset_class,
    i.counterparty_id,
    i.symbol,
    i.currency,
    abs(i.amount) as due_amount,
    case
        when e.kind = 'NETTED' then 'NETTED'
        else coalesce(e.to_state, 'INSTRUCTED')
    end as state,
    coalesce(t.settled_amount, 0) as settled_amount
from settlement.instructions as i
left join told as t
    on t.settlement_date = i.settlement_date
    and t.instruction_id = i.instruction_id
left join settlement.events as e
    on e.settlement_date = t.settlement_date
    and e.instruction_id = t.instruction_id
    and e.sequence = t.last_sequence;
comment on view report.due_instructions is
    'Instructions with their state at the end of their settlement date; NETTED: settled by the '
    'movements of a net. Amounts without signs, in currency. Ask by settlement_date.';
