-- One reject with the headers that its message came with.
select
    r.topic,
    r.partition,
    r.message_offset,
    r.payload,
    r.replayed_at,
    m.headers ->> 'contract-version' as contract_version
from landing.rejects as r
left join lateral landing.read_message(r.topic, r.partition, r.message_offset) as m on true
where r.reject_id = %(reject_id)s
