-- One reject with the headers that its message came with.
select
    r.topic,
    r.partition,
    r.message_offset,
    r.payload,
    r.replayed_at,
    m.headers ->> 'contract-version' as contract_version
from landing.rejects as r
left join landing.messages as m
    on m.topic = r.topic
    and m.partition = r.partition
    and m.message_offset = r.message_offset
where r.reject_id = %(reject_id)s
