-- purpose: list what is due of the accounts that deliver or pay only what they have, with the rule
--          for parts and its place in the queue.
-- reads: candidate_instructions, withheld_instructions (temporary), settlement.instructions,
--        settlement.events, settlement.accounts, reference.opening_holdings, reference.currencies,
--        reference.inventory_controls, reference.partial_settlement_rules
-- writes: due_movements (temporary)
-- rerun: replaces the temporary table
-- parameters: effective_on, settlement_dates, fresh_dates

drop table if exists pg_temp.due_movements;

create temporary table due_movements on commit drop as
with controlled as (
    select a.account_id, a.account_name
    from settlement.accounts as a
    join (
        select account from reference.opening_holdings where effective_from <= %(effective_on)s
        union
        select account from reference.inventory_controls where effective_from <= %(effective_on)s
    ) as c on c.account = a.account_name
    where a.account_kind = 'HOUSE'
),
due as (
    select i.*, c.last_sequence, c.state, c.settled_quantity as settled_q,
        c.settled_amount as settled_a
    from candidate_instructions as c
    join settlement.instructions as i
        on i.settlement_date = any(%(settlement_dates)s::date[])
        and (i.settlement_date, i.instruction_id) = (c.settlement_date, c.instruction_id)
        and i.house_account_id in (select account_id from controlled)
    union all
    select i.*, 0, 'INSTRUCTED', 0, 0
    from settlement.instructions as i
    where i.settlement_date = any(%(fresh_dates)s::date[])
      and i.house_account_id in (select account_id from controlled)
      and (i.settlement_date, i.instruction_id) not in (
          select settlement_date, instruction_id from settlement.events
          where settlement_date = any(%(fresh_dates)s::date[])
      )
),
rules as (
    select distinct on (k.counterparty_id, k.market_id)
        k.*, r.is_partial_allowed, r.minimum_quantity, r.priority
    from (select distinct counterparty_id, market_id from due) as k
    join reference.partial_settlement_rules as r
        on r.counterparty_id in (k.counterparty_id, '*')
        and r.market_id in (k.market_id, '*')
        and r.effective_from <= %(effective_on)s
    order by
        k.counterparty_id, k.market_id, r.counterparty_id = '*', r.market_id = '*',
        r.effective_from desc
)
select
    d.instruction_id, d.settlement_date, d.last_sequence, d.state, d.house_account_id,
    c.account_name, d.market_id, d.symbol, d.delivered_currency, d.currency, d.direction, d.method,
    -- we pay: who receives pays a positive amount, who delivers a negative one
    d.amount <> 0 and (d.direction = 'RECEIVE') = (d.amount > 0) as is_paying,
    coalesce(d.quantity, abs(d.amount)) as quantity,
    abs(d.amount) as amount,
    case d.method when 'PAYMENT' then d.settled_a else d.settled_q end as settled_quantity,
    d.settled_a as settled_amount,
    coalesce(u.minor_unit_digits, 2)::integer as digits,
    case when r.is_partial_allowed then
        case d.method
            when 'PAYMENT' then power(10::numeric, -coalesce(u.minor_unit_digits, 2))
            else r.minimum_quantity
        end
    end as lot,
    coalesce(r.priority, 32767) as priority,
    0::numeric as released_quantity,
    0::numeric as released_amount
from due as d
join controlled as c on c.account_id = d.house_account_id
left join rules as r
    on r.counterparty_id = d.counterparty_id and r.market_id is not distinct from d.market_id
left join reference.currencies as u on u.currency = d.currency
where not exists (select from withheld_instructions as w where w.instruction_id = d.instruction_id);

analyze due_movements;
select count(*) as rows_in, count(*) as rows_out from due_movements;
