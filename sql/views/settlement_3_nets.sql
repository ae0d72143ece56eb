-- Nets, the gross behind them, and what was saved.

create or replace view settlement.netted_instructions as
select
    n.net_instruction_id,
    n.settlement_date as netted_on,
    n.agreement,
    n.method as netting_method,
    n.centre_account_id,
    i.instruction_id,
    i.settlement_date,
    i.purpose,
    i.subject_id,
    i.house_account_id,
    i.counterparty_account_id,
    i.counterparty_id,
    i.method,
    i.symbol,
    i.delivered_currency,
    i.currency,
    case i.direction when 'RECEIVE' then 1 else -1 end
    * (i.quantity - coalesce(s.quantity, 0)) as received_quantity,
    case i.direction when 'RECEIVE' then 1 else -1 end
    * (i.amount - sign(i.amount) * coalesce(s.amount, 0)) as paid_amount,
    e.from_state
from settlement.net_instructions as n
join settlement.netted_dates as d using (net_instruction_id)
join settlement.events as e
    on e.settlement_date = d.settlement_date
    and e.net_instruction_id = n.net_instruction_id
join settlement.instructions as i
    on i.settlement_date = e.settlement_date
    and i.settlement_date = d.settlement_date
    and i.instruction_id = e.instruction_id
left join lateral (
    select
        sum(p.quantity) as quantity,
        sum(p.amount) as amount
    from settlement.events as p
    where e.sequence > 1
      and p.settlement_date = e.settlement_date
      and p.instruction_id = e.instruction_id
      and p.kind = 'SETTLEMENT'
) as s on true
where not exists (
    select
    from settlement.events as r
    where r.settlement_date = e.settlement_date
      and r.instruction_id = e.instruction_id
      and r.reverses_sequence = e.sequence
);
comment on view settlement.netted_instructions is
    'The gross behind each net, with what was still due of it: received_quantity and paid_amount are '
    'signed as the party in house_account_id sees them. Ask by net_instruction_id or netted_on.';

create or replace view settlement.net_legs as
select
    n.net_instruction_id,
    n.settlement_date as netted_on,
    n.agreement,
    n.method as netting_method,
    n.centre_account_id,
    i.instruction_id,
    i.settlement_date,
    i.purpose,
    i.subject_version,
    i.part_number,
    i.house_account_id,
    i.counterparty_account_id,
    i.account,
    i.counterparty_id,
    i.method,
    i.symbol,
    i.currency,
    case i.direction when 'RECEIVE' then 1 else -1 end * i.quantity as received_quantity,
    case i.direction when 'RECEIVE' then 1 else -1 end * i.amount as paid_amount,
    i.state,
    i.last_sequence,
    i.settled_quantity,
    i.settled_amount,
    i.last_effective_on,
    i.net_instruction_id as carried_to
from settlement.net_instructions as n
join settlement.instruction_states as i
    on i.settlement_date = n.settlement_date
    and i.subject_id = n.net_instruction_id::text
    and i.purpose in ('NET', 'MARK');
comment on view settlement.net_legs is
    'What each net delivers and pays, and where it stands; what was netted anew is CANCELLED. MARK: '
    'the mark to market of what was due before. carried_to: the later net that took up what stayed '
    'open of it. Ask by netted_on.';

create or replace view settlement.net_states as
with recursive positions as materialized (
    select
        net_instruction_id,
        house_account_id,
        counterparty_account_id,
        symbol,
        currency,
        min(array_position(settlement.stages(), state)) as stage,
        max(last_effective_on) as last_effective_on,
        max(carried_to) as carried_to
    from settlement.net_legs
    where purpose = 'NET'
      and state <> 'CANCELLED'
    group by 1, 2, 3, 4, 5
),
followed as (
    select *
    from positions
    union all
    select
        f.net_instruction_id,
        f.house_account_id,
        f.counterparty_account_id,
        f.symbol,
        f.currency,
        -- where neither is left, the later net is even
        coalesce(p.stage, m.stage, array_position(settlement.stages(), 'SETTLED')),
        coalesce(p.last_effective_on, m.last_effective_on, f.last_effective_on),
        coalesce(p.carried_to, m.carried_to)
    from followed as f
    left join positions as p
        on (p.net_instruction_id, p.house_account_id, p.counterparty_account_id, p.symbol)
        = (f.carried_to, f.house_account_id, f.counterparty_account_id, f.symbol)
        and p.currency = f.currency
    left join positions as m
        on (m.net_instruction_id, m.house_account_id, m.counterparty_account_id)
        = (f.carried_to, f.house_account_id, f.counterparty_account_id)
        and m.currency = f.currency
        and m.symbol is null
    where f.carried_to is not null
)
select
    net_instruction_id,
    house_account_id,
    counterparty_account_id,
    symbol,
    currency,
    stage,
    (settlement.stages())[stage] as state,
    last_effective_on
from followed
where carried_to is null;
comment on view settlement.net_states is
    'Where the legs of each net stand between two accounts, by instrument (null: the money alone) '
    'and currency; a leg that a later net took up stands where that net''s stands. All nets: they '
    'are few. stage: the place of state in settlement.stages.';

create or replace view settlement.unequal_nets as
with gross as (
    select
        net_instruction_id, netted_on, house_account_id, counterparty_account_id, symbol,
        delivered_currency, currency,
        sum(received_quantity) as received_quantity,
        sum(paid_amount) as paid_amount
    from settlement.netted_instructions
    group by 1, 2, 3, 4, 5, 6, 7
),
lines as (
    select g.net_instruction_id, g.netted_on, l.*
    from gross as g
    cross join lateral (
        values
        (house_account_id, coalesce(delivered_currency, symbol), received_quantity),
        (counterparty_account_id, coalesce(delivered_currency, symbol), -received_quantity),
        (house_account_id, currency, -paid_amount),
        (counterparty_account_id, currency, paid_amount)
    ) as l (account_id, asset, amount)
    union all
    select n.net_instruction_id, n.netted_on, l.*
    from settlement.net_legs as n
    cross join lateral (
        values
        (house_account_id, symbol, -received_quantity),
        (counterparty_account_id, symbol, received_quantity),
        (house_account_id, currency, paid_amount),
        (counterparty_account_id, currency, -paid_amount)
    ) as l (account_id, asset, amount)
    where n.state <> 'CANCELLED'
)
select
    net_instruction_id,
    netted_on,
    account_id,
    asset,
    sum(amount) as difference
from lines
where asset is not null
group by net_instruction_id, netted_on, account_id, asset
having sum(amount) <> 0;
comment on view settlement.unequal_nets is
    'Accounts that get more or less of an instrument or currency by a net than by the gross behind it '
    '(a netting centre: than nothing): there must be none but in settlement.touched_nets. Ask by '
    'netted_on.';

create or replace view settlement.netting_savings as
with moves as (
    select
        g.netted_on, g.agreement, g.netting_method, g.centre_account_id, g.counterparty_id,
        a.currency, false as is_net, a.move_count, a.amount
    from settlement.netted_instructions as g
    cross join lateral (
        values
        (
            g.currency,
            (g.paid_amount <> 0)::integer
            + coalesce((g.delivered_currency is null and g.received_quantity <> 0)::integer, 0),
            abs(g.paid_amount)
        ),
        (g.delivered_currency, (g.received_quantity <> 0)::integer, abs(g.received_quantity))
    ) as a (currency, move_count, amount)
    where g.house_account_id is distinct from g.centre_account_id
      and a.currency is not null
    union all
    select
        l.netted_on, l.agreement, l.netting_method, l.centre_account_id, l.counterparty_id,
        l.currency, true,
        (l.paid_amount <> 0)::integer + coalesce((l.received_quantity <> 0)::integer, 0),
        abs(l.paid_amount)
    from settlement.net_legs as l
    where l.house_account_id is distinct from l.centre_account_id
      and l.purpose = 'NET'
      and l.state <> 'CANCELLED'
),
sums as (
    select
        m.netted_on,
        m.netting_method,
        m.agreement,
        coalesce(c.account_name, m.counterparty_id) as counterparty_id,
        m.currency,
        coalesce(sum(m.move_count) filter (where not m.is_net), 0) as gross_count,
        coalesce(sum(m.amount) filter (where not m.is_net), 0) as gross_value,
        coalesce(sum(m.move_count) filter (where m.is_net), 0) as net_count,
        coalesce(sum(m.amount) filter (where m.is_net), 0) as net_value
    from moves as m
    left join settlement.accounts as c on c.account_id = m.centre_account_id
    group by 1, 2, 3, 4, 5
)
select
    netted_on as settlement_date,
    netting_method,
    agreement,
    counterparty_id,
    currency,
    gross_count,
    gross_value,
    net_count,
    net_value,
    gross_count - net_count as saved_count,
    gross_value - net_value as saved_value,
    round(100 * (gross_value - net_value) / nullif(gross_value, 0), 2) as saved_percent
from sums;
comment on view settlement.netting_savings is
    'What netting saved us, per day, agreement, whom we settle with instead (the centre, else the '
    'counterparty) and currency: moves and money that there would have been gross, and that there are '
    'net. A delivery is a move, and so is a payment, on both sides. What a centre marks to market is '
    'no move of the net (settlement.marked_fails). What others settle with a centre is theirs. An '
    'exchange of currencies counts in both. saved_percent: of the value. Ask by settlement_date.';
