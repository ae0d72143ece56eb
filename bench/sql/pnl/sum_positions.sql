-- the least: what each book holds and what it paid, without lots, keys or storage
select count(*), sum(position), sum(cash_flow)
from (
    select
        account,
        strategy,
        symbol,
        currency,
        sum(case side when 'BUY' then quantity else -quantity end) as position,
        sum(case side when 'BUY' then -price * quantity else price * quantity end) as cash_flow
    from trade.executions
    where business_date = %(business_date)s
    group by account, strategy, symbol, currency
) as summed
