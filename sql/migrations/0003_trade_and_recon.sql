-- Accepted records, one partition per business date (control.ensure_partitions).
-- Keys lead with trade_id so that a look-up by trade costs one index descent per partition.

create table trade.executions (
    business_date date not null,
    trade_id text not null,
    version integer not null,
    feed text not null,
    source_id text not null,
    symbol text not null,
    asset_class text not null,
    side text not null,
    quantity numeric not null,
    price numeric not null,
    currency text not null,
    notional numeric not null,
    brokerage_fee numeric not null,
    clearing_fee numeric not null,
    exchange_fee numeric not null,
    counterparty_id text not null,
    venue text,
    account text not null,
    strategy text not null,
    executed_at timestamptz not null,
    settlement_date date not null,
    status text not null,
    flags text[] not null,
    batch_id bigint not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    recorded_at timestamptz not null,
    constraint executions_pk primary key (trade_id, version, business_date),
    constraint executions_side_known check (side in ('BUY', 'SELL')),
    constraint executions_quantity_positive check (quantity > 0),
    constraint executions_status_known check (
        status in ('EXECUTED', 'ALLOCATED', 'CORRECTED', 'CANCELLED')
    )
) partition by list (business_date);
comment on table trade.executions is
    'Our own record of a trade. A correction or cancellation is a further row with a higher version; '
    'the highest version is the one compared. Amounts are in currency; price per unit.';

create table trade.confirmations (
    business_date date not null,
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
    flags text[] not null,
    batch_id bigint not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    recorded_at timestamptz not null,
    constraint confirmations_pk primary key (trade_id, version, business_date),
    constraint confirmations_quantity_positive check (quantity > 0)
) partition by list (business_date);
comment on table trade.confirmations is
    'The other side''s record. business_date is the trade''s: stated, or taken from the execution.';

create table trade.pnl_snapshots (
    business_date date not null,
    trade_id text not null,
    version integer not null,
    pnl_impact numeric not null,
    commission numeric not null,
    currency text,
    status text not null,
    flags text[] not null,
    batch_id bigint not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    recorded_at timestamptz not null,
    constraint pnl_snapshots_pk primary key (trade_id, version, business_date)
) partition by list (business_date);
comment on table trade.pnl_snapshots is 'What accounting booked for a trade.';

create table trade.conflicts (
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    feed text not null,
    record_type text not null,
    batch_id bigint not null,
    business_date date not null,
    trade_id text not null,
    version integer not null,
    -- the refused record's own terms; null where the record type has none
    quantity numeric,
    price numeric,
    occurred_at timestamptz,
    recorded_at timestamptz not null,
    constraint conflicts_pk primary key (topic, partition, message_offset),
    constraint conflicts_record_type_known check (
        record_type in ('execution', 'confirmation', 'pnl_snapshot')
    )
);
create index conflicts_by_trade on trade.conflicts (business_date, trade_id);
comment on table trade.conflicts is
    'A second record for the same trade and version with other content: accepted as evidence, never '
    'compared; each trade that has one carries a duplicate_... break.';

create table trade.unplaced_records (
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    record_type text not null,
    trade_id text not null,
    business_date date not null,
    constraint unplaced_records_pk primary key (topic, partition, message_offset)
);
create index unplaced_records_by_trade on trade.unplaced_records (trade_id);
comment on table trade.unplaced_records is
    'Confirmations and snapshots that state no trade date and whose execution is not known yet: they '
    'stand under the date of their own instant, and move to the execution''s date when it arrives.';

create table recon.matches (
    business_date date not null,
    trade_id text not null,
    execution_version integer not null,
    confirmation_version integer,
    pnl_snapshot_version integer,
    quantity_delta numeric,
    price_delta numeric,
    timestamp_delta_ms numeric,
    pnl_delta numeric,
    run_id text not null,
    matched_at timestamptz not null,
    constraint matches_pk primary key (trade_id, business_date)
) partition by list (business_date);
comment on table recon.matches is
    'Trades whose terms agree on every expected side (reconciled = true). A newer version of any side '
    'removes the row and the trade is compared again.';

create table recon.breaks (
    business_date date not null,
    trade_id text not null,
    break_type text not null,
    status text not null default 'OPEN',
    expected_value text,
    actual_value text,
    delta numeric,
    exposure_amount numeric,
    currency text,
    counterparty_id text,
    symbol text,
    opened_run_id text not null,
    opened_at timestamptz not null,
    resolved_run_id text,
    resolved_at timestamptz,
    resolved_reason text,
    constraint breaks_pk primary key (trade_id, break_type, business_date),
    constraint breaks_type_known check (
        break_type in (
            'quantity_mismatch', 'price_mismatch', 'timestamp_mismatch', 'pnl_mismatch',
            'missing_confirmation', 'missing_execution', 'missing_pnl_snapshot',
            'duplicate_execution', 'duplicate_confirmation', 'duplicate_pnl_snapshot'
        )
    ),
    constraint breaks_status_known check (status in ('OPEN', 'RESOLVED')),
    constraint breaks_resolved_has_reason check (
        (status = 'RESOLVED') = (resolved_at is not null and resolved_reason is not null)
    )
) partition by list (business_date);
comment on table recon.breaks is
    'One row per trade and type. expected_value is the execution''s (for P&L: price x quantity - '
    'commission), actual_value the other side''s, delta = actual - expected (milliseconds for '
    'timestamps), exposure_amount the money at risk. A repaired break is RESOLVED and stays; it '
    'becomes OPEN again, with its first opened_at, when it comes back.';

create table recon.pending (
    business_date date not null,
    trade_id text not null,
    due_at timestamptz not null,
    constraint pending_pk primary key (trade_id, business_date)
);
create index pending_by_due on recon.pending (due_at);
comment on table recon.pending is
    'Trades that wait for a missing side. When due_at has passed, the missing side is a break.';

create table books.daily_flows (
    business_date date not null,
    account text not null,
    strategy text not null,
    symbol text not null,
    asset_class text not null,
    currency text not null,
    trade_count bigint not null,
    bought_quantity numeric not null,
    sold_quantity numeric not null,
    bought_amount numeric not null,
    sold_amount numeric not null,
    fee_amount numeric not null,
    constraint daily_flows_pk primary key (business_date, account, strategy, symbol, currency)
);
comment on table books.daily_flows is
    'What one business date adds to a book (account x strategy) in one instrument. Positions are sums '
    'of these rows, so that the close of a date costs that date.';

create table books.marks (
    business_date date not null,
    symbol text not null,
    currency text not null,
    mark_price numeric not null,
    mark_source text not null,
    constraint marks_pk primary key (business_date, symbol, currency)
);
comment on table books.marks is 'Price used to value a position at close: the last execution''s price.';
