-- risk_YYYYMMDD.csv: every measure of the date as it is known now.
copy (
    select
        business_date,
        measure,
        subject_kind,
        report.neutralise(subject) as subject,
        report.neutralise(detail) as detail,
        currency,
        trim_scale(amount) as amount,
        report.neutralise(note) as note
    from risk.current_measures
    where business_date = %(business_date)s
    order by
        measure collate "C",
        subject_kind collate "C",
        report.neutralise(subject) collate "C",
        report.neutralise(detail) collate "C",
        currency collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
