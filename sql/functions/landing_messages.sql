-- Raw messages by their place: a block is found from the offsets it may span, by its key.

create or replace function landing.read_messages(
    p_topic text, p_partition integer, p_first_offset bigint, p_end_offset bigint
) returns table (
    message_offset bigint,
    batch_id bigint,
    message_at timestamptz,
    message_key bytea,
    headers jsonb,
    payload bytea,
    received_on date
)
language sql stable parallel safe as $$
    select
        coalesce(b.message_offsets[m.place], b.first_offset + m.place - 1),
        b.batch_id,
        m.message_at,
        m.message_key,
        b.headers[least(m.place, cardinality(b.headers))],
        m.payload,
        b.received_on
    from landing.message_blocks as b
    cross join lateral unnest(b.message_ats, b.message_keys, b.payloads)
        with ordinality as m (message_at, message_key, payload, place)
    where b.topic = p_topic
      and b.partition = p_partition
      and b.first_offset > p_first_offset - 256
      and b.first_offset < p_end_offset
      and b.last_offset >= p_first_offset
      and coalesce(b.message_offsets[m.place], b.first_offset + m.place - 1) >= p_first_offset
      and coalesce(b.message_offsets[m.place], b.first_offset + m.place - 1) < p_end_offset
$$;
comment on function landing.read_messages(text, integer, bigint, bigint) is
    'Raw messages of a partition with offsets in [first, end).';

create or replace function landing.read_message(
    p_topic text, p_partition integer, p_message_offset bigint
) returns table (message_at timestamptz, message_key bytea, headers jsonb, payload bytea)
language sql stable parallel safe rows 1 as $$
    select message_at, message_key, headers, payload
    from landing.read_messages(p_topic, p_partition, p_message_offset, p_message_offset + 1)
$$;
comment on function landing.read_message(text, integer, bigint) is
    'The raw message of a place; none where it was never drained, or is not kept any more.';
