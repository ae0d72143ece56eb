-- trade_summary_YYYYMMDD.csv: the trade population, highest version of each trade.
copy (
    select
        business_date,
        asset_class,
        side,
        status,
        outcome,
        report.neutralise(currency) as currency,
        trade_count,
        trim_scale(quantity) as quantity,
        trim_scale(notional_amount) as notional_amount,
        trim_scale(brokerage_fee_amount) as brokerage_fee_amount,
        trim_scale(clearing_fee_amount) as clearing_fee_amount,
        trim_scale(exchange_fee_amount) as exchange_fee_amount
    from report.trade_summary
    where business_date = %(business_date)s
    order by
        asset_class collate "C",
        side collate "C",
        status collate "C",
        outcome collate "C",
        currency collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
