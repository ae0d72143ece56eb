-- Totals of each feed beside the records and rejects counted anew.
select
    t.feed,
    t.received_count,
    t.accepted_count,
    t.rejected_count,
    t.duplicate_count,
    t.accepted_quantity,
    t.accepted_notional,
    t.offset_count,
    t.message_count,
    t.empty_count,
    t.lost_count,
    coalesce(r.record_count, 0) as record_count,
    coalesce(j.reject_count, 0) as listed_reject_count
from report.control_totals t
left join (
    select feed, sum(record_count) as record_count
    from pack_inputs
    group by feed
) r on r.feed = t.feed
left join (
    select business_date, feed, sum(reject_count) as reject_count
    from report.reject_summary
    group by business_date, feed
) j on j.business_date = t.business_date and j.feed = t.feed
where t.business_date = %(business_date)s
order by t.feed collate "C"
