select
    business_date, feed, topic, partition, message_offset, stage, reason, trade_id, detail,
    rejected_at
from landing.rejects
where business_date = %(business_date)s
order by topic collate "C", partition, message_offset
