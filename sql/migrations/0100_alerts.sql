-- What is told to people: every opening and resolving of a break, everything else that was found, the
-- alerts made of them, and how far each got on its way to each channel.

create table recon.break_events (
    event_id bigint generated always as identity constraint break_events_pk primary key,
    business_date date not null,
    trade_id text not null,
    break_type text not null,
    event text not null,
    expected_value text,
    actual_value text,
    delta numeric,
    exposure_amount numeric,
    currency text,
    counterparty_id text,
    symbol text,
    reason text,
    run_id text not null,
    occurred_at timestamptz not null,
    constraint break_events_event_known check (event in ('OPENED', 'REOPENED', 'RESOLVED'))
);
comment on table recon.break_events is
    'Every time a break opened, opened again or was resolved, with its values then. Written by '
    'triggers of recon.breaks in the same transaction, in the order in which transactions commit. '
    'Append-only.';
create trigger break_events_append_only before update or delete on recon.break_events
    for each row execute function control.refuse_change();

create table control.positions (
    reader text constraint positions_pk primary key,
    last_event_id bigint not null,
    moved_at timestamptz not null default now()
);
comment on table control.positions is
    'Up to which recon.break_events.event_id each reader has come; moved in the transaction that '
    'writes what the reader made of the events.';
insert into control.positions (reader, last_event_id) values ('breaks_topic', 0), ('break_alerts', 0);

create table control.alerts (
    alert_id bigint generated always as identity constraint alerts_pk primary key,
    kind text not null,
    item_count integer not null,
    -- breaks: the events that it speaks of; null for other kinds
    first_event_id bigint,
    last_event_id bigint,
    -- what the message says; amounts as text, so that they stay exact
    facts jsonb not null,
    raised_at timestamptz not null
);
create index alerts_by_kind on control.alerts (kind, raised_at);
comment on table control.alerts is
    'Messages to people, each over many items. Written in the transaction that moves the position or '
    'marks the findings: what was alerted is alerted once.';

create table control.alert_findings (
    finding_id bigint generated always as identity constraint alert_findings_pk primary key,
    kind text not null,
    -- names what was found, for ever: found again, it is not alerted again
    finding_key text not null,
    business_date date,
    summary text not null,
    next_step text not null,
    found_at timestamptz not null,
    alert_id bigint,
    constraint alert_findings_key unique (kind, finding_key),
    constraint alert_findings_alert_fk foreign key (alert_id) references control.alerts (alert_id)
);
create index alert_findings_new on control.alert_findings (kind, found_at) where alert_id is null;
comment on table control.alert_findings is
    'What else people must hear of: stopped batches, lost offsets, failed steps, missed deadlines.';

create table control.alert_deliveries (
    alert_id bigint not null,
    channel text not null,
    attempt_count integer not null default 0,
    next_attempt_at timestamptz not null,
    delivered_at timestamptz,
    given_up_at timestamptz,
    last_error text,
    constraint alert_deliveries_pk primary key (alert_id, channel),
    constraint alert_deliveries_alert_fk foreign key (alert_id) references control.alerts (alert_id),
    constraint alert_deliveries_channel_known check (channel in ('log', 'mail', 'webhook')),
    constraint alert_deliveries_one_end check (delivered_at is null or given_up_at is null)
);
create index alert_deliveries_open on control.alert_deliveries (next_attempt_at)
    where delivered_at is null and given_up_at is null;
comment on table control.alert_deliveries is
    'One row per alert and channel. An attempt is counted before it is made, so that a crash during '
    'it repeats the message once, later, and never without end.';

create table control.watch_rounds (
    watch text constraint watch_rounds_pk primary key,
    last_round_at timestamptz not null,
    -- since when it has seen something wait that nobody takes; null while all is well
    waiting_since timestamptz
);
comment on table control.watch_rounds is 'When each part of the watch last looked, and what it saw.';

create index batch_ranges_lost on landing.batch_ranges (batch_id) where lost_count > 0;
-- rows come in the order of time: a few pages of index serve the newest minutes and the oldest days
create index step_runs_by_start on control.step_runs using brin (started_at);

create table reference.alert_policies (
    kind text constraint alert_policies_pk primary key,
    channels text[] not null,
    settle_seconds integer not null,
    window_seconds integer not null,
    listed_max integer not null,
    recorded_at timestamptz not null default now(),
    constraint alert_policies_channels_known check (channels <@ '{log,mail,webhook}'),
    constraint alert_policies_sensible check (
        settle_seconds >= 0 and window_seconds >= 0 and listed_max between 1 and 100
    )
);
comment on table reference.alert_policies is
    'Per kind of alert: where it goes; seconds that the first item waits for more to come; seconds '
    'between two alerts of the kind, in which everything new is gathered; items listed one by one.';

create table reference.deadlines (
    deadline_id text constraint deadlines_pk primary key,
    subject text not null,
    feed text,
    source_id text,
    calendar_id text,
    timezone text,
    due_time time,
    minutes_max integer,
    -- null: from the first day after the feed first delivered, or the first date was closed
    effective_from date,
    recorded_at timestamptz not null default now(),
    constraint deadlines_subject_known check (subject in ('feed', 'close', 'capture')),
    constraint deadlines_whole check (
        case subject
            when 'capture' then minutes_max > 0
            else calendar_id is not null and timezone is not null and due_time is not null
                and (subject = 'close' or feed is not null)
        end
    )
);
comment on table reference.deadlines is
    'By when a feed (or one source of it) must have delivered, and a date be closed, on business days '
    'of a calendar, in local time; and for how long capture may do nothing while messages wait.';

create table reference.retention_policies (
    subject text constraint retention_policies_pk primary key,
    keep_days integer not null,
    recorded_at timestamptz not null default now(),
    -- what compliance must keep has no name here, so that no policy can remove it
    constraint retention_policies_subject_known check (
        subject in (
            'landing.messages', 'staging', 'quality.results', 'control.step_runs',
            'outbox.messages', 'control.alerts', 'airflow'
        )
    ),
    constraint retention_policies_keep_something check (keep_days >= 1)
);
comment on table reference.retention_policies is 'Days for which housekeeping keeps what may go.';
