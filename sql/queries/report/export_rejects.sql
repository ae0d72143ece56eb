-- rejects_YYYYMMDD.csv: every refused message, by its place. The raw bytes stay in the database.
copy (
    select
        business_date,
        report.neutralise(feed) as feed,
        report.neutralise(topic) as topic,
        partition,
        message_offset,
        stage,
        reason,
        report.neutralise(trade_id) as trade_id,
        report.neutralise(detail) as detail,
        report.instant(rejected_at) as rejected_at,
        replayed_at is not null as is_replayed
    from control.rejects
    where business_date = %(business_date)s
    order by topic collate "C", partition, message_offset
) to stdout with (format csv, header true, encoding 'UTF8')
