-- Executions to announce, by reference: their messages are built when they are sent, not while they
-- are promoted.

create table outbox.announcements (
    announcement_id bigint generated always as identity constraint announcements_pk primary key,
    -- the first of the batches that were promoted together
    batch_id bigint not null,
    business_date date not null,
    -- counts the announcements of one promotion and date
    piece integer not null,
    topic text not null,
    trade_ids text[] not null,
    versions integer[] not null,
    message_count integer not null,
    -- counterparty_id: [name, lei], as reference data had them then
    counterparties jsonb not null,
    created_at timestamptz not null default now(),
    published_at timestamptz,
    withdrawn_count integer,
    constraint announcements_piece_key unique (batch_id, business_date, piece),
    constraint announcements_whole check (
        message_count > 0
        and cardinality(trade_ids) = message_count
        and cardinality(versions) = message_count
    ),
    constraint announcements_published_is_counted check (
        (published_at is null) = (withdrawn_count is null)
    )
);
create index announcements_unpublished on outbox.announcements (announcement_id)
    where published_at is null;
comment on table outbox.announcements is
    'Executions of one promotion and date, written in the transaction that accepts them. The message of '
    'each is built from its stored version, which never changes, when it is sent: sent again after a '
    'crash, it has the same id and the same bytes.';
comment on column outbox.announcements.withdrawn_count is
    'Executions that were quarantined before their message was sent: they are not announced.';
