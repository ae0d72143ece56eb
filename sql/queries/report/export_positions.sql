-- positions_YYYYMMDD.csv: opening + bought - sold = closing, for each book and instrument.
copy (
    select
        business_date,
        report.neutralise(account) as account,
        report.neutralise(strategy) as strategy,
        report.neutralise(symbol) as symbol,
        asset_class,
        report.neutralise(currency) as currency,
        trade_count,
        trim_scale(opening_quantity) as opening_quantity,
        trim_scale(bought_quantity) as bought_quantity,
        trim_scale(sold_quantity) as sold_quantity,
        trim_scale(closing_quantity) as closing_quantity,
        trim_scale(mark_price) as mark_price,
        mark_date,
        report.neutralise(mark_source) as mark_source,
        trim_scale(market_value_amount) as market_value_amount
    from pack_positions
    order by
        report.neutralise(account) collate "C",
        report.neutralise(strategy) collate "C",
        report.neutralise(symbol) collate "C",
        report.neutralise(currency) collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
