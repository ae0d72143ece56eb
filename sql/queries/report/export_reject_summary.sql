-- reject_summary_YYYYMMDD.csv: refused messages by feed, stage and reason.
copy (
    select
        business_date,
        report.neutralise(feed) as feed,
        stage,
        reason,
        reject_count,
        replayed_count
    from report.reject_summary
    where business_date = %(business_date)s
    order by feed collate "C", stage collate "C", reason collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
