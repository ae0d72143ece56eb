-- Raw messages are kept in blocks: messages of one partition that follow each other share a row, which
-- fills a page. A row, a key and a log entry for every message cost more than its bytes.

create table landing.message_blocks (
    topic text not null,
    partition integer not null,
    first_offset bigint not null,
    last_offset bigint not null,
    batch_id bigint not null,
    received_on date not null,
    message_count integer not null,
    -- only where some offsets in between hold no message; else they follow each other
    message_offsets bigint[],
    message_ats timestamptz[] not null,
    message_keys bytea[] not null,
    -- names and values as JSON, one element where all messages have the same; values that are not
    -- UTF-8 stand as {"base64": "..."}
    headers jsonb[] not null,
    payloads bytea[] not null,
    constraint message_blocks_pk primary key (topic, partition, first_offset, received_on),
    constraint message_blocks_span_few_offsets check (
        last_offset >= first_offset and last_offset - first_offset < 256
    ),
    constraint message_blocks_are_whole check (
        cardinality(message_ats) = message_count
        and cardinality(message_keys) = message_count
        and cardinality(payloads) = message_count
        and cardinality(headers) in (1, message_count)
        and message_count > 0
    ),
    constraint message_blocks_name_offsets check (
        case
            when message_offsets is null then last_offset - first_offset + 1 = message_count
            else cardinality(message_offsets) = message_count
                and message_offsets[1] = first_offset
                and message_offsets[message_count] = last_offset
        end
    )
) partition by range (received_on);
-- bytes are kept as they are: the server's own compression costs more than it saves
alter table landing.message_blocks
    alter message_ats set storage external,
    alter message_keys set storage external,
    alter payloads set storage external;
comment on table landing.message_blocks is
    'Every message as it came, byte for byte, also those that were rejected; the view '
    'landing.messages shows them one by one. received_on is the UTC date of the drain: retention '
    'drops whole partitions.';
create table landing.message_blocks_default partition of landing.message_blocks default
with (toast_tuple_target = 8160);

do $$
declare
    day record;
begin
    for day in select distinct received_on from landing.messages
    loop
        execute format(
            'create table landing.message_blocks_%s partition of landing.message_blocks'
            ' for values from (%L) to (%L) with (toast_tuple_target = 8160)',
            to_char(day.received_on, 'YYYYMMDD'), day.received_on, day.received_on + 1
        );
    end loop;
end
$$;

insert into landing.message_blocks (
    topic, partition, first_offset, last_offset, batch_id, received_on, message_count,
    message_offsets, message_ats, message_keys, headers, payloads
)
select
    topic,
    partition,
    min(message_offset),
    max(message_offset),
    batch_id,
    received_on,
    count(*),
    case
        when max(message_offset) - min(message_offset) + 1 > count(*)
            then array_agg(message_offset order by message_offset)
    end,
    array_agg(message_at order by message_offset),
    array_agg(message_key order by message_offset),
    array_agg(headers order by message_offset),
    array_agg(payload order by message_offset)
from landing.messages
group by topic, partition, batch_id, received_on, message_offset / 24;

drop table landing.messages;
