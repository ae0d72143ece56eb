-- The first refused messages in the order of their places.
select
    feed,
    topic,
    partition,
    message_offset,
    stage,
    reason,
    trade_id,
    left(detail, 400) as detail,
    replayed_at is not null as is_replayed
from control.rejects
where business_date = %(business_date)s
-- what nobody has sent again comes first
order by replayed_at is not null, topic collate "C", partition, message_offset
limit %(rows_max)s
