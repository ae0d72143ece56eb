-- Positions of each account by trade date, by settlement date as contracted, and as settled: what the
-- ledger has moved up to the date, without what orders moved and without opening holdings, of which
-- the books know nothing. Of instruments that settle as securities; an account is what settles, not a
-- strategy. What is contracted and has not settled is open: of it, what fails, and the rest.
create temporary table pack_settled_positions on commit drop as
with held as (
    select
        account,
        symbol,
        max(asset_class) as asset_class,
        sum(quantity) as trade_date_quantity,
        sum(contractual_quantity) as contractual_quantity
    -- the pack's positions lack what is flat by trade date and still settles
    from books.positions_as_of(%(business_date)s)
    where asset_class in ('EQUITY', 'BOND')
    group by account, symbol
),
new_moves as (
    -- what no sum by day has yet, by both sides first: one pass over the events, without accounts
    select e.deliverer_id, e.receiver_id, e.symbol, sum(e.quantity) as quantity
    from settlement.events as e
    where e.act_id > (select last_act_id from settlement.flow_mark)
      and e.symbol is not null
      and e.effective_on <= %(business_date)s
      -- of later settlement dates by index: what settled before its own
      and (e.settlement_date <= %(business_date)s or e.effective_on <> e.settlement_date)
    group by e.deliverer_id, e.receiver_id, e.symbol
),
moved as (
    select account_id, asset as symbol, amount as quantity
    from settlement.settled_flows
    where asset_kind = 'SECURITY'
      and effective_on <= %(business_date)s
    union all
    select side.account_id, m.symbol, side.quantity
    from new_moves as m
    cross join lateral (
        values (m.deliverer_id, -m.quantity), (m.receiver_id, m.quantity)
    ) as side (account_id, quantity)
    union all
    -- summed or not: less what orders moved
    select l.account_id, l.asset, -l.amount
    from settlement.instructions as i
    join settlement.ledger_entries as l
        on (l.settlement_date, l.instruction_id) = (i.settlement_date, i.instruction_id)
    where i.purpose = 'ORDER'
      and l.asset_kind = 'SECURITY'
      and l.effective_on <= %(business_date)s
),
settled as (
    select a.account_name as account, m.symbol, sum(m.quantity) as quantity
    from moved as m
    join settlement.accounts as a on a.account_id = m.account_id
    where a.account_kind = 'HOUSE'
    group by a.account_name, m.symbol
),
failing as (
    select
        f.account,
        f.symbol,
        sum(case f.direction when 'RECEIVE' then f.open_quantity else -f.open_quantity end)
            as quantity
    from settlement.fails as f
    join settlement.accounts as a on a.account_id = f.house_account_id
    where f.as_of_date = %(business_date)s
      and f.purpose in ('TRADE', 'ALLOCATION', 'NET')
      and f.symbol is not null
      and a.account_kind = 'HOUSE'
    group by f.account, f.symbol
),
counted as (
    select
        account,
        symbol,
        h.asset_class,
        coalesce(h.trade_date_quantity, 0) as trade_date_quantity,
        coalesce(h.contractual_quantity, 0) as contractual_quantity,
        coalesce(s.quantity, 0) as settled_quantity,
        coalesce(f.quantity, 0) as failing_quantity
    from held as h
    full join settled as s using (account, symbol)
    full join failing as f using (account, symbol)
)
select
    %(business_date)s::date as business_date,
    c.account,
    c.symbol,
    coalesce(c.asset_class, i.asset_class) as asset_class,
    c.trade_date_quantity,
    c.contractual_quantity,
    c.settled_quantity,
    c.contractual_quantity - c.settled_quantity as open_quantity,
    c.failing_quantity,
    c.contractual_quantity - c.settled_quantity - c.failing_quantity as other_open_quantity
from counted as c
left join reference.instruments as i on i.symbol = c.symbol
where c.trade_date_quantity <> 0
   or c.contractual_quantity <> 0
   or c.settled_quantity <> 0
   or c.failing_quantity <> 0
