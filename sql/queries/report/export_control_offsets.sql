-- control_offsets_YYYYMMDD.csv: offsets = rows, for each topic and partition.
copy (
    select
        business_date,
        report.neutralise(topic) as topic,
        partition,
        end_offset,
        offset_count as offsets,
        message_count as messages,
        empty_count as offsets_without_message,
        lost_count as offsets_lost,
        -- lost offsets are told beside it, and are missing all the same
        offset_count = message_count + empty_count as is_offsets_complete
    from report.control_offsets
    where business_date = %(business_date)s
    order by topic collate "C", partition
) to stdout with (format csv, header true, encoding 'UTF8')
