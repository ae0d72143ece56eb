-- Raw messages one by one. For a place or a range of offsets, landing.read_message and
-- landing.read_messages use the key; this view reads through all blocks that its filters leave.
create view landing.messages as
select
    b.topic,
    b.partition,
    coalesce(b.message_offsets[m.place], b.first_offset + m.place - 1) as message_offset,
    b.batch_id,
    m.message_at,
    m.message_key,
    b.headers[least(m.place, cardinality(b.headers))] as headers,
    m.payload,
    b.received_on
from landing.message_blocks as b
cross join lateral unnest(b.message_ats, b.message_keys, b.payloads)
    with ordinality as m (message_at, message_key, payload, place);
comment on view landing.messages is
    'Every message as it came, byte for byte, also those that were rejected, by topic, partition '
    'and offset.';
