-- Runs, totals, quality results, report versions, and the way out.

create table control.step_runs (
    step_run_id bigint generated always as identity constraint step_runs_pk primary key,
    step text not null,
    business_date date,
    run_id text not null,
    rows_in bigint,
    rows_out bigint,
    started_at timestamptz not null,
    finished_at timestamptz,
    outcome text not null default 'RUNNING',
    detail text,
    constraint step_runs_outcome_known check (outcome in ('RUNNING', 'DONE', 'FAILED'))
);
create index step_runs_by_step on control.step_runs (step, started_at);
comment on table control.step_runs is 'Every step of every Dag run: what, for which date, how much, how long.';

create table control.received_counts (
    batch_id bigint not null,
    feed text not null,
    business_date date not null,
    received_count bigint not null,
    recorded_at timestamptz not null default now()
);
create index received_counts_by_date on control.received_counts (business_date, feed);
comment on table control.received_counts is
    'How many messages of a batch belong to a business date, written when the batch is promoted. '
    'Append-only: a record that moves to its execution''s date writes -1 and +1.';

create table control.closes (
    business_date date constraint closes_pk primary key,
    is_business_day boolean not null,
    first_closed_at timestamptz not null default now(),
    last_closed_at timestamptz not null default now(),
    last_run_id text not null
);
comment on table control.closes is 'Business dates that were closed at least once.';

create table control.date_totals (
    business_date date not null,
    feed text not null,
    received_count bigint not null,
    accepted_count bigint not null,
    rejected_count bigint not null,
    duplicate_count bigint not null,
    accepted_quantity numeric,
    accepted_notional numeric,
    constraint date_totals_pk primary key (business_date, feed),
    constraint date_totals_add_up check (
        received_count = accepted_count + rejected_count + duplicate_count
    )
);
comment on table control.date_totals is
    'Control totals of a closed date. received is what the drain counted; accepted, rejected and '
    'duplicate are counted anew from their tables at close: that they add up is a check.';

create table control.date_offsets (
    business_date date not null,
    topic text not null,
    partition integer not null,
    -- as of the close: everything below end_offset is accounted for
    end_offset bigint not null,
    offset_count bigint not null,
    message_count bigint not null,
    empty_count bigint not null,
    lost_count bigint not null,
    constraint date_offsets_pk primary key (business_date, topic, partition),
    constraint date_offsets_add_up check (offset_count = message_count + empty_count + lost_count)
);
comment on table control.date_offsets is
    'Offsets = rows, for the topics that delivered to this date: over the batches that hold a message '
    'of the date, offsets covered, messages stored, offsets without a message, offsets lost.';

create table quality.results (
    result_id bigint generated always as identity constraint results_pk primary key,
    suite text not null,
    batch_id bigint,
    business_date date,
    run_id text not null,
    is_success boolean not null,
    worst_severity text,
    evaluated_count integer not null,
    failed_count integer not null,
    errored_count integer not null,
    quarantined_count integer not null,
    duration_ms integer not null,
    result jsonb not null,
    recorded_at timestamptz not null default now()
);
create index results_by_date on quality.results (business_date, suite);
create index results_by_batch on quality.results (batch_id);

create table report.versions (
    business_date date not null,
    version integer not null,
    content_hash text not null,
    previous_hash text,
    manifest jsonb not null,
    changes jsonb not null,
    run_id text not null,
    created_at timestamptz not null default now(),
    constraint versions_pk primary key (business_date, version),
    constraint versions_positive check (version >= 1)
);
comment on table report.versions is
    'One row per version of a date''s pack. content_hash: SHA-256 over the pack''s files in name order; '
    'previous_hash chains it to the version before (null for the first). Append-only.';

create table report.mails (
    business_date date not null,
    version integer not null,
    recipient text not null,
    message_id text not null,
    sent_at timestamptz not null default now(),
    constraint mails_pk primary key (business_date, version, recipient),
    constraint mails_version_fk foreign key (business_date, version)
        references report.versions (business_date, version)
);

create table outbox.messages (
    outbox_id bigint generated always as identity constraint outbox_messages_pk primary key,
    -- the message's own id: consumers drop what they have seen
    message_id text not null constraint outbox_message_id_key unique,
    topic text not null,
    message_key text,
    payload jsonb not null,
    created_at timestamptz not null default now(),
    published_at timestamptz
);
create index outbox_unpublished on outbox.messages (outbox_id) where published_at is null;
comment on table outbox.messages is
    'Written in the transaction that causes it, published afterwards in outbox_id order by an '
    'idempotent producer; a crash between publishing and marking repeats a message with the same id.';

create function control.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception using
        errcode = 'PT001',
        message = format('%s.%s is append-only', tg_table_schema, tg_table_name),
        hint = 'Write a new row that points back instead.';
end
$$;
create trigger versions_append_only before update or delete on report.versions
    for each row execute function control.refuse_change();
create trigger received_counts_append_only before update or delete on control.received_counts
    for each row execute function control.refuse_change();
