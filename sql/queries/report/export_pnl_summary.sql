-- pnl_summary_YYYYMMDD.csv: market value - opening value + cash flow = P&L of the day.
copy (
    select
        business_date,
        report.neutralise(account) as account,
        report.neutralise(strategy) as strategy,
        report.neutralise(symbol) as symbol,
        asset_class,
        report.neutralise(currency) as currency,
        trim_scale(opening_value_amount) as opening_value_amount,
        trim_scale(cash_flow_amount) as cash_flow_amount,
        trim_scale(market_value_amount) as market_value_amount,
        trim_scale(day_pnl_amount) as day_pnl_amount,
        trim_scale(fee_amount) as fee_amount,
        trim_scale(day_pnl_after_fees_amount) as day_pnl_after_fees_amount,
        trim_scale(cash_flow_to_date_amount) as cash_flow_to_date_amount,
        trim_scale(pnl_to_date_amount) as pnl_to_date_amount,
        trim_scale(fee_to_date_amount) as fee_to_date_amount
    from pack_positions
    order by
        report.neutralise(account) collate "C",
        report.neutralise(strategy) collate "C",
        report.neutralise(symbol) collate "C",
        report.neutralise(currency) collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
