-- carried_breaks_YYYYMMDD.csv: breaks of earlier dates that were still open when the date was first
-- closed; what they compare stands in breaks_*.csv of their own date.
copy (
    select
        business_date,
        break_type,
        subject_kind,
        report.neutralise(trade_id) as trade_id,
        days_old,
        trim_scale(exposure_amount) as exposure_amount,
        report.neutralise(currency) as currency,
        report.neutralise(counterparty_id) as counterparty_id,
        report.neutralise(symbol) as symbol,
        report.instant(opened_at) as opened_at
    from report.carried_breaks
    where closed_date = %(business_date)s
    order by business_date, break_type collate "C", report.neutralise(trade_id) collate "C", opened_at
) to stdout with (format csv, header true, encoding 'UTF8')
