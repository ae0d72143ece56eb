-- purpose: work out what the given nets have to deliver and pay: the differences of the gross
--          behind them. Through a centre each gross counts on both its sides. Never across a
--          currency.
-- reads: gross_sums (temporary), settlement.net_instructions
-- writes: wanted_legs (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.wanted_legs;

create temporary table wanted_legs on commit drop as
with gross as (
    select
        g.net_instruction_id, g.house_account_id, g.counterparty_account_id,
        case when g.delivered_currency is null then g.symbol end as symbol,
        g.delivered_currency, g.currency, g.quantity, g.amount, g.mark_amount,
        n.settlement_date as netted_on, n.method as netting_method, n.centre_account_id
    from gross_sums as g
    join settlement.net_instructions as n using (net_instruction_id)
),
sides as (
    -- what a centre owes or is owed already stays between it and the member
    select *, house_account_id as house_id, counterparty_account_id as party_id
    from gross
    where centre_account_id is null
       or centre_account_id in (house_account_id, counterparty_account_id)
    union all
    select g.*, s.house_id, s.party_id
    from gross as g
    cross join lateral (
        values (house_account_id, centre_account_id), (centre_account_id, counterparty_account_id)
    ) as s (house_id, party_id)
    where centre_account_id not in (house_account_id, counterparty_account_id)
),
assets as (
    select s.net_instruction_id, s.netted_on, s.house_id, s.party_id, a.*
    from sides as s
    cross join lateral (
        values
        ('NET', s.symbol, s.currency, case when s.symbol is not null then s.quantity else 0 end,
            case s.netting_method when 'CENTRAL' then s.amount else 0 end),
        ('NET', null, s.currency, 0, case s.netting_method when 'CENTRAL' then 0 else s.amount end),
        ('NET', null, s.delivered_currency, 0, -s.quantity),
        ('MARK', null, s.currency, 0, s.mark_amount)
    ) as a (purpose, symbol, currency, quantity, amount)
    where a.currency is not null
),
differences as (
    select net_instruction_id, netted_on, house_id, party_id, purpose, symbol, currency,
        sum(quantity) as quantity, sum(amount) as amount
    from assets
    group by 1, 2, 3, 4, 5, 6, 7
)
-- where nothing is left to deliver, what is left to pay is one payment with the others
select net_instruction_id, netted_on, house_id, party_id, purpose,
    case when quantity <> 0 then symbol end as symbol, currency,
    sum(quantity) as quantity, sum(amount) as amount
from differences
group by 1, 2, 3, 4, 5, 6, 7
having sum(quantity) <> 0 or sum(amount) <> 0;

select count(*) as rows_in, count(*) as rows_out
from wanted_legs;
