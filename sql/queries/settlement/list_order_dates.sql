-- On which dates the confirmed pairs settle.
select distinct greatest(o.business_date, r.business_date)
from paired_orders as o
join trade.order_responses as r using (topic, partition, message_offset)
where r.response = 'CONFIRM'
order by 1
