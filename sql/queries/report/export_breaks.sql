-- breaks_YYYYMMDD.csv: every break of the date, open and resolved.
copy (
    select
        business_date,
        break_type,
        report.neutralise(trade_id) as trade_id,
        status,
        report.neutralise_value(expected_value) as expected_value,
        report.neutralise_value(actual_value) as actual_value,
        trim_scale(delta) as delta,
        report.neutralise(delta_unit) as delta_unit,
        trim_scale(exposure_amount) as exposure_amount,
        report.neutralise(currency) as currency,
        report.neutralise(counterparty_id) as counterparty_id,
        report.neutralise(counterparty_name) as counterparty_name,
        report.neutralise(symbol) as symbol,
        asset_class,
        report.instant(opened_at) as opened_at,
        report.instant(resolved_at) as resolved_at,
        report.neutralise(resolved_reason) as resolved_reason
    from report.breaks
    where business_date = %(business_date)s
    order by break_type collate "C", report.neutralise(trade_id) collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
