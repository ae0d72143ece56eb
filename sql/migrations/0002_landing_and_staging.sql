-- The way in. One batch is one drained range of one feed (topic), all its partitions together.

create table landing.offsets (
    topic text not null,
    partition integer not null,
    next_offset bigint not null,
    updated_at timestamptz not null default now(),
    constraint offsets_pk primary key (topic, partition),
    constraint offsets_not_negative check (next_offset >= 0)
);
comment on table landing.offsets is
    'Where the next drain begins. Moved by compare-and-set in the transaction that stores the rows; '
    'the broker''s own group offsets are never used.';

create table landing.batches (
    batch_id bigint generated always as identity constraint batches_pk primary key,
    feed text not null,
    status text not null default 'DRAINED',
    message_count integer not null,
    staged_count integer not null,
    reject_count integer not null,
    first_message_at timestamptz,
    last_message_at timestamptz,
    drained_at timestamptz not null default now(),
    finished_at timestamptz,
    status_reason text,
    run_id text not null,
    constraint batches_status_known check (
        status in ('DRAINED', 'VALIDATED', 'PROMOTED', 'RECONCILED', 'STOPPED', 'REJECTED')
    ),
    constraint batches_counts_add_up check (message_count = staged_count + reject_count)
);
create index batches_unfinished on landing.batches (batch_id)
    where status not in ('RECONCILED', 'REJECTED');
comment on table landing.batches is
    'DRAINED -> VALIDATED -> PROMOTED -> RECONCILED. STOPPED: a quality gate failed, a person decides '
    '(posttrade batches). REJECTED: a person refused it whole. staged_count and reject_count are '
    'those at drain time; later quarantine does not change them.';

create table landing.batch_ranges (
    batch_id bigint not null,
    topic text not null,
    partition integer not null,
    first_offset bigint not null,
    end_offset bigint not null,
    message_count integer not null,
    -- offsets in the range that hold no message: transaction markers, compacted records
    empty_count integer not null default 0,
    -- offsets that retention removed before they were drained
    lost_count bigint not null default 0,
    constraint batch_ranges_pk primary key (batch_id, topic, partition),
    constraint batch_ranges_batch_fk foreign key (batch_id) references landing.batches (batch_id),
    constraint batch_ranges_add_up check (
        end_offset - first_offset = message_count + empty_count + lost_count
    )
);
create unique index batch_ranges_no_overlap
    on landing.batch_ranges (topic, partition, first_offset);
comment on table landing.batch_ranges is 'Half-open offset ranges [first_offset, end_offset).';

create table landing.messages (
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    batch_id bigint not null,
    message_at timestamptz not null,
    message_key bytea,
    -- header names and values as JSON; values that are not UTF-8 stand as {"base64": "..."}
    headers jsonb,
    payload bytea,
    received_on date not null,
    constraint messages_pk primary key (topic, partition, message_offset, received_on)
) partition by range (received_on);
comment on table landing.messages is
    'Every message as it came, byte for byte, also those that were rejected. received_on is the UTC '
    'date of the drain: retention drops whole partitions.';
create table landing.messages_default partition of landing.messages default;

create table landing.rejects (
    reject_id bigint generated always as identity constraint rejects_pk primary key,
    feed text not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    batch_id bigint not null,
    -- date stated by the message where it can be read, else the date of the message's instant
    business_date date not null,
    stage text not null,
    reason text not null,
    detail text not null,
    trade_id text,
    payload bytea,
    rejected_at timestamptz not null default now(),
    replayed_at timestamptz,
    constraint rejects_message_key unique (topic, partition, message_offset),
    constraint rejects_stage_known check (stage in ('contract', 'quality', 'close', 'person')),
    constraint rejects_reason_snake_case check (reason ~ '^[a-z][a-z0-9_]*$')
);
create index rejects_by_date on landing.rejects (business_date, feed, reason);
comment on table landing.rejects is
    'Messages that never became a record. reason: a sentence in snake case. detail: what was found '
    'and expected. A repaired message is replayed into the topic as a new message.';

create table landing.duplicates (
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    feed text not null,
    batch_id bigint not null,
    business_date date not null,
    trade_id text not null,
    version integer not null,
    constraint duplicates_pk primary key (topic, partition, message_offset)
);
create index duplicates_by_date on landing.duplicates (business_date, feed);
comment on table landing.duplicates is
    'The same record again, same content: counted, never compared, no break.';

create table staging.executions (
    batch_id bigint not null,
    feed text not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    message_at timestamptz not null,
    -- stated by the message, or the date of its instant in the source's zone
    business_date date not null,
    trade_id text not null,
    version integer not null,
    source_id text not null,
    symbol text not null,
    asset_class text,
    side text not null,
    quantity numeric not null,
    price numeric not null,
    currency text,
    notional numeric,
    brokerage_fee numeric,
    clearing_fee numeric,
    exchange_fee numeric,
    counterparty_id text,
    venue text,
    account text,
    strategy text,
    executed_at timestamptz not null,
    settlement_date date,
    status text not null,
    -- names of warning rules that this row breaks
    flags text[] not null default '{}',
    constraint staged_executions_pk primary key (batch_id, topic, partition, message_offset)
);
comment on table staging.executions is 'Feeds trades and executions, lifted to the newest contract.';

create table staging.confirmations (
    batch_id bigint not null,
    feed text not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    message_at timestamptz not null,
    business_date date not null,
    -- false: the contract version states no trade date, so the execution's date decides
    is_date_stated boolean not null,
    trade_id text not null,
    version integer not null,
    symbol text not null,
    side text,
    quantity numeric not null,
    price numeric not null,
    currency text,
    counterparty_id text,
    account text,
    confirmed_at timestamptz not null,
    settlement_date date,
    status text not null,
    flags text[] not null default '{}',
    constraint staged_confirmations_pk primary key (batch_id, topic, partition, message_offset)
);

create table staging.pnl_snapshots (
    batch_id bigint not null,
    feed text not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    message_at timestamptz not null,
    business_date date not null,
    is_date_stated boolean not null,
    trade_id text not null,
    version integer not null,
    pnl_impact numeric not null,
    commission numeric not null,
    currency text,
    status text not null,
    flags text[] not null default '{}',
    constraint staged_pnl_snapshots_pk primary key (batch_id, topic, partition, message_offset)
);
