-- What a refused record said in full, where undated records came from, and a short way to the few
-- records that have a later version.

alter table trade.conflicts
    add column content jsonb not null,
    add column kept_terms text,
    add column refused_terms text not null;
comment on column trade.conflicts.content is
    'The refused record as it stood in staging, so that it can be promoted when its place falls free.';
comment on column trade.conflicts.kept_terms is
    'Terms of the record that stays, where the two differ: name=value, in name order.';
comment on column trade.conflicts.refused_terms is 'The same terms as the refused record states them.';

create table trade.displaced_records (
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    record_type text not null,
    trade_id text not null,
    -- date of the record's own instant
    own_date date not null,
    -- where it stands: the date of the nearest execution known so far
    business_date date not null,
    constraint displaced_records_pk primary key (topic, partition, message_offset)
);
create index displaced_records_by_trade on trade.displaced_records (trade_id);
comment on table trade.displaced_records is
    'Confirmations and snapshots that state no trade date and stand under an execution''s date that '
    'is not their own: they move when an execution nearer to their own date arrives.';

create index executions_later_versions on trade.executions (trade_id) where version > 1;
create index confirmations_later_versions on trade.confirmations (trade_id) where version > 1;
create index pnl_snapshots_later_versions on trade.pnl_snapshots (trade_id) where version > 1;

create table reference.loads (
    load_id integer generated always as identity constraint loads_pk primary key,
    fingerprint text not null,
    row_count bigint not null,
    loaded_at timestamptz not null default now()
);
comment on table reference.loads is
    'Each load of reference data with the fingerprint of its input: the same input is not loaded twice.';
