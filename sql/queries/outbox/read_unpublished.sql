-- Messages that are not published yet, in the order in which they were written.
select
    outbox_id,
    message_id,
    topic,
    message_key,
    case when is_text then payload #>> '{}' else payload::text end as payload
from outbox.messages
where published_at is null
order by outbox_id
limit %(row_limit)s
