-- trade_summary_YYYYMMDD.csv: the trade population, highest version of each trade.
copy (
    select
        business_date,
        asset_class,
        side,
        status,
        outcome,
        report.neutralise(currency) as currency,
        sum(trade_count) as trade_count,
        trim_scale(sum(quantity)) as quantity,
        trim_scale(sum(notional_amount)) as notional_amount,
        trim_scale(sum(brokerage_fee_amount)) as brokerage_fee_amount,
        trim_scale(sum(clearing_fee_amount)) as clearing_fee_amount,
        trim_scale(sum(exchange_fee_amount)) as exchange_fee_amount
    from pack_trade_groups
    group by business_date, asset_class, side, status, outcome, pack_trade_groups.currency
    order by
        asset_class collate "C",
        side collate "C",
        status collate "C",
        outcome collate "C",
        pack_trade_groups.currency collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
