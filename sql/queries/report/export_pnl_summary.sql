-- pnl_summary_YYYYMMDD.csv: market value - opening value + cash flow = P&L of the day =
-- opening move + new trades; + carry - fees - levies + corrections + unexplained = total; in base
-- currency the FX part apart. Fees: as executions book them; levies: computed, owed beside them.
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
        trim_scale(fee_to_date_amount) as fee_to_date_amount,
        trim_scale(realised_amount) as realised_amount,
        trim_scale(realised_to_date_amount) as realised_to_date_amount,
        trim_scale(unrealised_amount) as unrealised_amount,
        trim_scale(opening_move_amount) as opening_move_amount,
        trim_scale(new_trade_amount) as new_trade_amount,
        trim_scale(carry_amount) as carry_amount,
        trim_scale(correction_amount) as correction_amount,
        trim_scale(total_amount) as total_amount,
        trim_scale(unexplained_amount) as unexplained_amount,
        base_currency,
        trim_scale(round(fx_rate, 10)) as fx_rate,
        trim_scale(round(fx_base_amount, 10)) as fx_base_amount,
        trim_scale(round(total_base_amount, 10)) as total_base_amount,
        is_stale_mark,
        trim_scale(levy_amount) as levies_not_booked_amount
    from pack_positions
    order by
        report.neutralise(account) collate "C",
        report.neutralise(strategy) collate "C",
        report.neutralise(symbol) collate "C",
        report.neutralise(currency) collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
