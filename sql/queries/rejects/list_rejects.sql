-- Rejects that fit the filters, the newest last. A filter that is null does not filter. File and line
-- are known of messages that a load sent, as long as the raw message is kept.
select
    r.reject_id,
    r.feed,
    r.topic,
    r.partition,
    r.message_offset,
    r.batch_id,
    r.business_date,
    r.stage,
    r.reason,
    r.detail,
    r.trade_id,
    r.payload,
    r.rejected_at,
    r.replayed_at,
    m.headers ->> 'source-file' as source_file,
    m.headers ->> 'source-line' as source_line
from landing.rejects as r
left join lateral landing.read_message(r.topic, r.partition, r.message_offset) as m on true
where (%(feed)s::text is null or r.feed = %(feed)s)
    and (%(business_date)s::date is null or r.business_date = %(business_date)s)
    and (%(reason)s::text is null or r.reason = %(reason)s)
    and (%(stage)s::text is null or r.stage = %(stage)s)
    and (%(with_replayed)s or r.replayed_at is null)
order by r.reject_id
limit %(row_limit)s
