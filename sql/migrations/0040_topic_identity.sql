-- A topic that was deleted and made anew under the same name is another topic: its offsets begin again,
-- and what the old one still held is gone. Kafka gives each its own id.

create table landing.topics (
    topic text constraint topics_pk primary key,
    -- as Kafka tells it; null: the broker tells none (the embedded one does not)
    topic_id text,
    generation integer not null default 1,
    -- null: it was not there yet, or drained before ids were kept
    identified_at timestamptz,
    stopped_at timestamptz,
    stop_reason text,
    constraint topics_stopped_for_a_reason check ((stopped_at is null) = (stop_reason is null))
);
comment on table landing.topics is
    'Which topic it is that was drained, and why its feed is stopped, if it is. The first id that is '
    'told of a topic that was not identified yet is taken for its own.';

alter table landing.offsets
    add column offset_base bigint not null default 0,
    add column end_offset_seen bigint not null default 0,
    add constraint offsets_behind_base check (offset_base >= 0 and next_offset >= offset_base);
comment on column landing.offsets.offset_base is
    'Added to Kafka''s offset to give message_offset: 0 for the first topic of the name, and for each '
    'later one the end of those before it, so that no two messages share a place. '
    'next_offset, end_offset_seen and all offsets elsewhere hold it.';
comment on column landing.offsets.end_offset_seen is
    'Where the partition ended when it was last drained: what a deleted topic is known to have held.';
update landing.offsets set end_offset_seen = next_offset;

create table landing.topic_adoptions (
    topic text not null,
    generation integer not null,
    partition integer not null,
    old_topic_id text,
    new_topic_id text,
    -- message_offset of the new topic's offset 0
    offset_base bigint not null,
    -- messages that the old topic is known to have held undrained
    lost_count bigint not null,
    adopted_by text not null,
    adopted_at timestamptz not null default now(),
    constraint topic_adoptions_pk primary key (topic, generation, partition)
);
comment on table landing.topic_adoptions is
    'Every time a person let a feed go on with a topic made anew. Append-only.';
create trigger topic_adoptions_append_only before update or delete on landing.topic_adoptions
    for each row execute function control.refuse_change();
