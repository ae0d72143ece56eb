-- positions_YYYYMMDD.csv: opening + bought - sold = closing, for each book and instrument;
-- contractual: what of it would have settled if all that fell due had (settled_positions_*.csv tells
-- what really has); what it cost, and what it is worth.
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
        report.neutralise(
            coalesce(mark_source, case when closing_quantity <> 0 then 'unpriced' end)
        ) as mark_source,
        trim_scale(market_value_amount) as market_value_amount,
        case sign(closing_quantity) when 1 then 'LONG' when -1 then 'SHORT' else 'FLAT' end as side,
        trim_scale(contractual_quantity) as contractual_quantity,
        cost_method,
        trim_scale(cost_amount) as cost_amount,
        trim_scale(market_value_amount - cost_amount) as unrealised_amount,
        trim_scale(accrued_amount) as accrued_interest_amount,
        is_stale_mark,
        base_currency,
        trim_scale(round(market_value_amount * fx_rate, 10)) as market_value_base_amount
    from pack_positions
    order by
        report.neutralise(account) collate "C",
        report.neutralise(strategy) collate "C",
        report.neutralise(symbol) collate "C",
        report.neutralise(currency) collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
