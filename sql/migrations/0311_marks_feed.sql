-- The feed of marks: staged like any record, accepted into market.marks.

create table staging.marks (
    symbol text not null,
    mark_kind text not null,
    tenor_days integer not null,
    price numeric not null,
    currency text not null,
    source_id text not null,
    observed_at timestamptz not null
) inherits (staging.records);
create index staged_marks_by_batch on staging.marks (batch_id);
comment on table staging.marks is 'Feed marks.';

create table market.mark_conflicts (
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    batch_id bigint not null,
    business_date date not null,
    mark_kind text not null,
    symbol text not null,
    currency text not null,
    tenor_days integer not null,
    source_id text not null,
    observed_at timestamptz not null,
    kept_price numeric not null,
    refused_price numeric not null,
    recorded_at timestamptz not null default now(),
    constraint mark_conflicts_pk primary key (topic, partition, message_offset)
);
create index mark_conflicts_by_date on market.mark_conflicts (business_date);
comment on table market.mark_conflicts is
    'A second price of one source for the same instant: accepted as evidence, never a mark. '
    'Append-only.';
create trigger mark_conflicts_append_only before update or delete on market.mark_conflicts
    for each row execute function control.refuse_change();
