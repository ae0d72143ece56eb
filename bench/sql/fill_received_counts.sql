insert into control.received_counts (batch_id, feed, business_date, received_count)
select batch_id, feed, %(business_date)s, message_count
from landing.batches
