-- control_totals_YYYYMMDD.csv: received = accepted + rejected + duplicate, for each feed.
copy (
    select
        business_date,
        report.neutralise(feed) as feed,
        received_count as received,
        accepted_count as accepted,
        rejected_count as rejected,
        duplicate_count as duplicate,
        received_count = accepted_count + rejected_count + duplicate_count as is_received_explained,
        trim_scale(accepted_quantity) as accepted_quantity,
        trim_scale(accepted_notional) as accepted_notional,
        offset_count as offsets,
        message_count as messages,
        empty_count as offsets_without_message,
        lost_count as offsets_lost,
        -- lost offsets are told beside it, and are missing all the same
        offset_count = message_count + empty_count as is_offsets_complete
    from report.control_totals
    where business_date = %(business_date)s
    order by feed collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
