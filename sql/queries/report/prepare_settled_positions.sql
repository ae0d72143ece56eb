-- Positions of each account by trade date, by settlement date as contracted, and as settled: what was
-- due, less what failed and what was never instructed. Of instruments that settle as securities; an
-- account is what settles, not a strategy. As it stood when the date was first closed.
create temporary table pack_settled_positions on commit drop as
with held as (
    select
        account,
        symbol,
        max(asset_class) as asset_class,
        sum(closing_quantity) as trade_date_quantity,
        sum(contractual_quantity) as contractual_quantity
    from pack_positions
    where asset_class in ('EQUITY', 'BOND')
    group by account, symbol
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
uninstructed as (
    select
        e.account,
        e.symbol,
        sum(case e.side when 'BUY' then e.quantity else -e.quantity end) as quantity
    from (
        select distinct business_date, trade_id
        from report.carried_breaks
        where closed_date = %(business_date)s
          and subject_kind = 'TRADE'
    ) as b
    cross join lateral (
        select x.*
        from trade.executions as x
        where x.business_date = b.business_date
          and x.trade_id = b.trade_id
        order by x.version desc
        limit 1
    ) as e
    where e.status <> 'CANCELLED'
      and e.settlement_date <= %(business_date)s
      -- a break may be of what settles all the same
      and not exists (
          select
          from settlement.instructions as i
          join settlement.acts as a on a.act_id = i.act_id
          where i.settlement_date = e.settlement_date
            and i.business_date = e.business_date
            and i.subject_id = e.trade_id
            and i.purpose in ('TRADE', 'ALLOCATION')
            and a.occurred_at <= (
                select first_closed_at
                from control.closes
                where business_date = %(business_date)s
            )
      )
    group by e.account, e.symbol
)
select
    %(business_date)s::date as business_date,
    h.account,
    h.symbol,
    h.asset_class,
    h.trade_date_quantity,
    h.contractual_quantity,
    coalesce(f.quantity, 0) as failing_quantity,
    coalesce(u.quantity, 0) as uninstructed_quantity,
    h.contractual_quantity - coalesce(f.quantity, 0) - coalesce(u.quantity, 0)
        as settled_quantity
from held as h
left join failing as f on f.account = h.account and f.symbol = h.symbol
left join uninstructed as u on u.account = h.account and u.symbol = h.symbol
