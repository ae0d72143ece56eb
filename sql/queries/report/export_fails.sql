-- fails_YYYYMMDD.csv: what had not settled at the end of the date.
copy (
    select
        as_of_date as business_date,
        instruction_id,
        settlement_date,
        purpose,
        report.neutralise(subject_id) as subject_id,
        report.neutralise(counterparty_id) as counterparty_id,
        report.neutralise(account) as account,
        report.neutralise(market_id) as market_id,
        asset_class,
        report.neutralise(symbol) as symbol,
        direction,
        trim_scale(open_quantity) as open_quantity,
        trim_scale(open_amount) as open_amount,
        report.neutralise(currency) as currency,
        reason,
        failing_party,
        iso_reason,
        age_business_days,
        age_bucket
    from settlement.fails
    where as_of_date = %(business_date)s
    order by settlement_date, instruction_id
) to stdout with (format csv, header true, encoding 'UTF8')
