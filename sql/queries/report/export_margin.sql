-- margin_YYYYMMDD.csv: margin of each netting set and account.
copy (
    select
        business_date,
        subject_kind,
        report.neutralise(subject) as subject,
        currency,
        trim_scale(gross_margin_amount) as gross_margin_amount,
        trim_scale(net_to_gross_ratio) as net_to_gross_ratio,
        trim_scale(initial_margin_amount) as initial_margin_amount,
        trim_scale(maintenance_margin_amount) as maintenance_margin_amount,
        trim_scale(replacement_amount) as replacement_amount,
        trim_scale(required_amount) as required_amount,
        trim_scale(held_amount) as held_amount,
        trim_scale(call_amount) as call_amount,
        report.neutralise(note) as note
    from report.margin_calls
    where business_date = %(business_date)s
    order by subject_kind collate "C", report.neutralise(subject) collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
