-- The trade population, in groups small enough for a page.
select
    asset_class,
    side,
    status,
    outcome,
    currency,
    trade_count,
    quantity,
    notional_amount,
    brokerage_fee_amount,
    clearing_fee_amount,
    exchange_fee_amount
from report.trade_summary
where business_date = %(business_date)s
order by
    asset_class collate "C",
    side collate "C",
    status collate "C",
    outcome collate "C",
    currency collate "C"
