-- Executions that are not announced yet, in the order in which they were accepted; at least one row,
-- and then as many as stay within the limit.
with waiting as (
    select
        announcement_id,
        business_date,
        message_count,
        sum(message_count) over (order by announcement_id) as messages_so_far
    from (
        select announcement_id, business_date, message_count
        from outbox.announcements
        where published_at is null
        order by announcement_id
        limit %(row_limit)s
    ) as oldest
)
select announcement_id, business_date
from waiting
where messages_so_far <= %(row_limit)s
   or messages_so_far = message_count
order by announcement_id
