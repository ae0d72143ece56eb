-- What custodians and depositories say: the state of each instruction, positions and cash.

create table reference.status_codes (
    code text constraint status_codes_pk primary key,
    scheme text not null,
    state text not null,
    meaning text not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint status_codes_scheme_known check (
        scheme in ('OWN', 'FIX', 'ISO15022', 'ISO20022')
    ),
    constraint status_codes_state_known check (
        state in (
            'INSTRUCTED', 'MATCHED', 'UNMATCHED', 'PENDING', 'FAILING', 'PARTIALLY_SETTLED',
            'SETTLED', 'CANCELLED', 'REJECTED'
        )
    )
);
comment on table reference.status_codes is
    'What a depository''s status means to us. UNMATCHED and REJECTED are no states of an instruction: '
    'they are breaks. INSTRUCTED: received, nothing changes.';

create table reference.settlement_drivers (
    market_id text not null,
    effective_from date not null,
    driver text not null,
    reason text not null,
    recorded_at timestamptz not null default now(),
    constraint settlement_drivers_pk primary key (market_id, effective_from),
    constraint settlement_drivers_known check (driver in ('ASSUMPTION', 'DEPOSITORY')),
    constraint settlement_drivers_market_fk foreign key (market_id)
        references reference.markets (market_id)
);
comment on table reference.settlement_drivers is
    'Whose word settles a market''s instructions from a settlement date on: our own assumption that '
    'what is due and not withheld settles (also without a row), or the depository''s statuses.';

create table reference.custodian_accounts (
    custodian_id text not null,
    account text not null,
    statement_kind text not null,
    calendar_id text not null,
    effective_from date not null,
    effective_until date,
    recorded_at timestamptz not null default now(),
    constraint custodian_accounts_pk
        primary key (custodian_id, account, statement_kind, effective_from),
    constraint custodian_accounts_kind_known check (statement_kind in ('POSITION', 'CASH')),
    constraint custodian_accounts_span check (effective_until > effective_from)
);
comment on table reference.custodian_accounts is
    'Of which accounts a custodian sends a statement for each open day of a calendar. One that does '
    'not come is a break. In force until the day before effective_until.';

create table staging.settlement_statuses (
    instruction_reference text not null,
    settlement_date date,
    status text not null,
    reason_code text,
    settled_quantity numeric,
    settled_amount numeric,
    currency text,
    settled_on date,
    depository_id text,
    status_at timestamptz not null
) inherits (staging.records);
create index staged_settlement_statuses_by_batch on staging.settlement_statuses (batch_id);
comment on table staging.settlement_statuses is 'Feed settlement_statuses.';

create table staging.statement_lines (
    statement_id text not null,
    version integer not null,
    custodian_id text not null,
    account text not null,
    statement_number integer,
    line_number integer not null,
    line_count integer not null,
    entry_type text,
    asset text,
    amount numeric,
    entry_reference text
) inherits (staging.records);
create index staged_statement_lines_by_batch on staging.statement_lines (batch_id);
comment on table staging.statement_lines is
    'Feeds custodian_positions (asset: the instrument) and custodian_cash (asset: the currency).';

create table settlement.statuses (
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    batch_id bigint not null,
    business_date date not null,
    instruction_reference text not null,
    settlement_date date,
    status text not null,
    reason_code text,
    settled_quantity numeric,
    settled_amount numeric,
    currency text,
    settled_on date,
    depository_id text,
    status_at timestamptz not null,
    flags text[] not null,
    message_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint statuses_pk primary key (topic, partition, message_offset),
    constraint statuses_said_once unique (instruction_reference, status_at, status)
);
create index statuses_by_date on settlement.statuses (business_date);
comment on table settlement.statuses is
    'What depositories said of our instructions. Quantities and amounts are what has settled in all so '
    'far, without signs: said twice or out of turn they say the same. Append-only.';

create table settlement.open_statuses (
    instruction_reference text constraint open_statuses_pk primary key,
    is_new boolean not null default true
);
create index open_statuses_new on settlement.open_statuses (is_new) where is_new;
comment on table settlement.open_statuses is
    'Instructions whose statuses are to be looked at: new ones, and those that left something open.';

create table settlement.applied_statuses (
    instruction_id bigint not null,
    settlement_date date not null,
    sequence smallint not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    constraint applied_statuses_pk primary key (instruction_id, sequence),
    constraint applied_statuses_status_fk foreign key (topic, partition, message_offset)
        references settlement.statuses (topic, partition, message_offset)
);
comment on table settlement.applied_statuses is
    'Which status made which event of its instruction. Append-only.';

create table settlement.statements (
    custodian_id text not null,
    statement_kind text not null,
    statement_id text not null,
    version integer not null,
    account text not null,
    as_of_date date not null,
    statement_number integer,
    line_count integer not null,
    recorded_at timestamptz not null,
    completed_at timestamptz,
    compared_at timestamptz,
    constraint statements_pk primary key (custodian_id, statement_kind, statement_id, version),
    constraint statements_kind_known check (statement_kind in ('POSITION', 'CASH')),
    constraint statements_version_positive check (version >= 1),
    constraint statements_compared_when_complete check (
        compared_at is null or completed_at is not null
    )
);
create index statements_by_account on settlement.statements
    (custodian_id, statement_kind, account, as_of_date);
create index statements_not_compared on settlement.statements (as_of_date)
    where compared_at is null;
comment on table settlement.statements is
    'The custodians'' statements, each version; as_of_date: positions and cash at the end of that day. '
    'completed_at: when its last line came. A newer version takes the place of the older one, which '
    'stays.';

create table settlement.statement_lines (
    custodian_id text not null,
    statement_kind text not null,
    statement_id text not null,
    version integer not null,
    line_number integer not null,
    entry_type text not null,
    asset text,
    amount numeric,
    entry_reference text,
    business_date date not null,
    flags text[] not null,
    batch_id bigint not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    message_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint statement_lines_pk
        primary key (custodian_id, statement_kind, statement_id, version, line_number),
    constraint statement_lines_statement_fk
        foreign key (custodian_id, statement_kind, statement_id, version)
        references settlement.statements (custodian_id, statement_kind, statement_id, version),
    constraint statement_lines_entry_fits_kind check (
        case statement_kind
            when 'CASH' then entry_type in ('OPENING', 'MOVEMENT', 'CLOSING') and asset is not null
            else entry_type = 'POSITION'
        end
    ),
    constraint statement_lines_whole check ((asset is null) = (amount is null))
);
create index statement_lines_by_date on settlement.statement_lines (business_date);
comment on table settlement.statement_lines is
    'Their lines. Signs are ours: a negative position is short, negative cash is overdrawn. A position '
    'line without asset says that the account is empty. Append-only.';

create table settlement.record_conflicts (
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    feed text not null,
    batch_id bigint not null,
    business_date date not null,
    subject_kind text not null,
    subject_id text not null,
    content jsonb not null,
    kept_terms text not null,
    refused_terms text not null,
    recorded_at timestamptz not null,
    constraint record_conflicts_pk primary key (topic, partition, message_offset)
);
create index record_conflicts_by_date on settlement.record_conflicts (business_date);
comment on table settlement.record_conflicts is
    'A status or statement line that was said before in other terms: accepted as evidence, never acted '
    'upon; each is a break.';

create table settlement.settled_flows (
    account_id integer not null,
    asset_kind text not null,
    asset text not null,
    effective_on date not null,
    amount numeric not null,
    constraint settled_flows_pk primary key (account_id, asset_kind, asset, effective_on)
);
comment on table settlement.settled_flows is
    'settlement.ledger_entries by day: per account and asset, what came minus what left. Derived.';

create table settlement.flow_mark (
    last_act_id integer not null,
    is_only_row boolean not null default true constraint flow_mark_pk primary key,
    constraint flow_mark_has_one_row check (is_only_row)
);
insert into settlement.flow_mark (last_act_id) values (0);
comment on table settlement.flow_mark is
    'Up to which act the events are in settlement.settled_flows.';
create index events_by_act on settlement.events using brin (act_id) with (pages_per_range = 16);

create table settlement.statement_differences (
    custodian_id text not null,
    statement_kind text not null,
    account text not null,
    as_of_date date not null,
    asset text not null,
    statement_id text not null,
    version integer not null,
    book_amount numeric,
    custodian_amount numeric,
    delta numeric not null,
    constraint statement_differences_pk
        primary key (custodian_id, statement_kind, account, as_of_date, asset),
    constraint statement_differences_differ check (delta <> 0)
);
comment on table settlement.statement_differences is
    'Where a statement and our books differ at the end of its day; delta: custodian minus books; null: '
    'not there. Replaced when a statement is compared again.';

create trigger statuses_append_only before update or delete on settlement.statuses
    for each row execute function control.refuse_change();
create trigger applied_statuses_append_only before update or delete on settlement.applied_statuses
    for each row execute function control.refuse_change();
create trigger statement_lines_append_only before update or delete on settlement.statement_lines
    for each row execute function control.refuse_change();
create trigger record_conflicts_append_only before update or delete on settlement.record_conflicts
    for each row execute function control.refuse_change();
