-- Positions of each account by trade date, by settlement date as contracted, and as settled, of
-- instruments that settle as securities. The ledger knows accounts, not strategies.
create temporary table pack_settled_positions on commit drop as
with held as (
    select
        account,
        symbol,
        max(asset_class) as asset_class,
        sum(closing_quantity) as trade_date_quantity,
        sum(contractual_quantity) as contractual_quantity,
        count(*) as book_count
    from pack_positions
    where asset_class in ('EQUITY', 'BOND')
    group by account, symbol
),
settled as (
    select account, symbol, sum(quantity) as quantity
    from settlement.settled_securities
    where effective_on <= %(business_date)s
    group by account, symbol
),
failing as (
    select
        account,
        symbol,
        sum(case direction when 'RECEIVE' then open_quantity else -open_quantity end) as quantity
    from settlement.fails
    where as_of_date = %(business_date)s
      and purpose in ('TRADE', 'ALLOCATION')
      and symbol is not null
    group by account, symbol
)
select
    %(business_date)s::date as business_date,
    h.account,
    h.symbol,
    h.asset_class,
    h.book_count,
    h.trade_date_quantity,
    h.contractual_quantity,
    coalesce(s.quantity, 0) as settled_quantity,
    h.contractual_quantity - coalesce(s.quantity, 0) as unsettled_quantity,
    coalesce(f.quantity, 0) as failing_quantity
from held as h
left join settled as s
    on s.account = h.account and s.symbol = h.symbol
left join failing as f on f.account = h.account and f.symbol = h.symbol
