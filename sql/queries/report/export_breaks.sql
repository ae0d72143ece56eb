-- breaks_YYYYMMDD.csv: every break of the date, open and resolved. Numbers without trailing zeros.
copy (
    with forms as (
        -- a number, quantity @ price, or a list of nothing but amounts; any other text stays
        select
            '^-?\d+(\.\d+)?( @ -?\d+(\.\d+)?)?$|'
            '^((quantity|price|notional|[a-z]+_fee|pnl_impact|commission)=-?\d+(\.\d+)?(, |$))+$'
                as numeric_form,
            '(-?\d+)(?:\.0+|(\.\d*[1-9])0+)(?=$|, | @ )' as trailing_zeros
    )
    select
        business_date,
        break_type,
        subject_kind,
        report.neutralise(trade_id) as trade_id,
        status,
        report.neutralise_value(
            case
                when expected_value ~ numeric_form
                    then regexp_replace(expected_value, trailing_zeros, '\1\2', 'g')
                else expected_value
            end
        ) as expected_value,
        report.neutralise_value(
            case
                when actual_value ~ numeric_form
                    then regexp_replace(actual_value, trailing_zeros, '\1\2', 'g')
                else actual_value
            end
        ) as actual_value,
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
    cross join forms
    where business_date = %(business_date)s
    order by break_type collate "C", report.neutralise(trade_id) collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
