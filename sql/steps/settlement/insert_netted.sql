-- purpose: net the open instructions of dates that have events already, and take up the open legs
--          of earlier nets of a central counterparty.
-- reads: candidate_instructions, withheld_instructions, carried_legs, netting_terms (temporary),
--        settlement.instructions, settlement.net_instructions
-- writes: settlement.events
-- rerun: append once: what is netted is no candidate
-- parameters: settlement_dates, act_id, effective_on

with netted as (
    select c.instruction_id, c.settlement_date, c.last_sequence, c.state, t.net_instruction_id
    from candidate_instructions as c
    join settlement.instructions as i
        on i.settlement_date = any(%(settlement_dates)s::date[])
        and i.settlement_date = c.settlement_date
        and i.instruction_id = c.instruction_id
        and i.purpose in ('TRADE', 'ALLOCATION')
    join netting_terms as t
        on (t.counterparty_id, t.market_id, t.asset_class, t.currency, t.method)
        = (i.counterparty_id, i.market_id, i.asset_class, i.currency, i.method)
    where not exists (
        select from withheld_instructions as w where w.instruction_id = c.instruction_id
    )
    union all
    select l.instruction_id, l.settlement_date, l.last_sequence, l.state, n.net_instruction_id
    from carried_legs as l
    join settlement.net_instructions as n
        on n.settlement_date = %(effective_on)s
        and (n.agreement, n.method, n.centre_account_id)
        = (l.agreement, l.netting_method, l.centre_account_id)
)
insert into settlement.events (
    instruction_id, settlement_date, effective_on, act_id, sequence, net_instruction_id, kind,
    from_state, to_state
)
select
    instruction_id,
    settlement_date,
    %(effective_on)s,
    %(act_id)s,
    last_sequence + 1,
    net_instruction_id,
    'NETTED',
    state,
    'SETTLED'
from netted
order by instruction_id
on conflict do nothing;

select
    (select count(*) from candidate_instructions) as rows_in,
    count(*) as rows_out
from settlement.events
where settlement_date = any(%(settlement_dates)s::date[])
  and act_id = %(act_id)s;
