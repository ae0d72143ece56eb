-- fees_YYYYMMDD.csv: what the date's trades cost, by type of fee and currency.
copy (
    select
        business_date,
        fee_type,
        report.neutralise(payee) as payee,
        report.neutralise(currency) as currency,
        charge_count,
        reversal_count,
        trim_scale(amount) as amount
    from pack_fees
    order by fee_type collate "C", payee collate "C", currency collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
