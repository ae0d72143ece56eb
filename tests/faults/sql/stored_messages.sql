-- Each stored message, how often it is stored, and the sum of its bytes.
select
    topic,
    partition,
    message_offset,
    count(*) as copies,
    min(md5(payload)) as digest
from landing.messages
group by topic, partition, message_offset
