-- The first refused messages in the order of their places.
select feed, topic, partition, message_offset, stage, reason, trade_id, left(detail, 400) as detail
from control.rejects
where business_date = %(business_date)s
order by topic collate "C", partition, message_offset
limit %(rows_max)s
