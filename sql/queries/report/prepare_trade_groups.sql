-- The trade population, grouped once for everything the pack says of it.
create temporary table pack_trade_groups on commit drop as
select
    business_date,
    asset_class,
    side,
    status,
    outcome,
    currency,
    date_trunc('hour', executed_at, 'UTC') as hour_at,
    count(*) as trade_count,
    sum(quantity) as quantity,
    sum(notional) as notional_amount,
    sum(brokerage_fee) as brokerage_fee_amount,
    sum(clearing_fee) as clearing_fee_amount,
    sum(exchange_fee) as exchange_fee_amount
from report.trade_outcomes
where business_date = %(business_date)s
group by
    business_date,
    asset_class,
    side,
    status,
    outcome,
    currency,
    date_trunc('hour', executed_at, 'UTC')
