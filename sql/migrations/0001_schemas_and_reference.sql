-- The house's rooms, and the reference data every other table leans on.
-- Reference rows carry effective_from (true since) and recorded_at (known since).

create schema landing;
create schema staging;
create schema trade;
create schema recon;
create schema books;
create schema quality;
create schema control;
create schema report;
create schema reference;
create schema outbox;

comment on schema landing is 'What Kafka delivered: raw messages, offsets, rejects. Append-only.';
comment on schema staging is 'Typed rows of batches that are not promoted yet.';
comment on schema trade is 'Accepted records, partitioned by business date, every version kept.';
comment on schema recon is 'Matches and breaks of the three-way reconciliation.';
comment on schema books is 'Positions and cash flows per book, built at close.';
comment on schema quality is 'Results of the Great Expectations suites.';
comment on schema control is 'Runs, closes and control totals.';
comment on schema report is 'Versions of the end-of-day pack. Append-only.';
comment on schema reference is 'Sources, counterparties, instruments, calendars, tolerances.';
comment on schema outbox is 'Messages to publish, written in the transaction that caused them.';

create table reference.markets (
    market_id text constraint markets_pk primary key,
    market_name text not null,
    timezone text not null,
    trading_calendar text not null,
    settlement_calendar text not null,
    recorded_at timestamptz not null default now()
);
comment on table reference.markets is 'A market and the two calendars it lives by: sessions and settlement days.';

create table reference.calendar_days (
    calendar_id text not null,
    calendar_date date not null,
    is_business_day boolean not null,
    -- counts business days up to and including this date, so that T+n is one index look-up
    business_day_ordinal integer not null,
    recorded_at timestamptz not null default now(),
    constraint calendar_days_pk primary key (calendar_id, calendar_date)
);
create unique index calendar_days_ordinal_key
    on reference.calendar_days (calendar_id, business_day_ordinal) where is_business_day;
comment on table reference.calendar_days is
    'One row per calendar and date. Trading and settlement calendars are different calendar_ids.';

create table reference.settlement_cycles (
    market_id text not null,
    asset_class text not null,
    effective_from date not null,
    days_after_trade integer not null,
    recorded_at timestamptz not null default now(),
    constraint settlement_cycles_pk primary key (market_id, asset_class, effective_from),
    constraint settlement_cycles_market_fk foreign key (market_id)
        references reference.markets (market_id),
    constraint settlement_cycles_days_range check (days_after_trade between 0 and 10)
);
comment on table reference.settlement_cycles is 'T+n per market and asset class, by trade date.';

create table reference.counterparties (
    counterparty_id text constraint counterparties_pk primary key,
    counterparty_name text not null,
    lei text,
    country text,
    recorded_at timestamptz not null default now()
);

create table reference.instruments (
    symbol text constraint instruments_pk primary key,
    instrument_name text not null,
    asset_class text not null,
    currency text not null,
    market_id text not null,
    isin text,
    recorded_at timestamptz not null default now(),
    constraint instruments_market_fk foreign key (market_id)
        references reference.markets (market_id),
    constraint instruments_asset_class_known check (
        asset_class in ('EQUITY', 'BOND', 'DERIVATIVE', 'FX', 'COMMODITY')
    )
);

create table reference.sources (
    source_id text constraint sources_pk primary key,
    timezone text not null,
    market_id text not null,
    currency text not null,
    counterparty_id text not null,
    expects_confirmation boolean not null,
    expects_pnl_snapshot boolean not null,
    recorded_at timestamptz not null default now(),
    constraint sources_market_fk foreign key (market_id) references reference.markets (market_id),
    constraint sources_counterparty_fk foreign key (counterparty_id)
        references reference.counterparties (counterparty_id)
);
comment on table reference.sources is
    'A system that sends executions. Its zone gives the business date; currency and counterparty '
    'stand in where a message states none; the two flags say which other sides must arrive.';

create table reference.tolerances (
    effective_from date constraint tolerances_pk primary key,
    quantity_delta_max numeric not null,
    price_delta_max numeric not null,
    timestamp_delta_ms_max integer not null,
    pnl_delta_limit numeric not null,
    grace_seconds integer not null,
    recorded_at timestamptz not null default now(),
    constraint tolerances_not_negative check (
        quantity_delta_max >= 0 and price_delta_max >= 0 and timestamp_delta_ms_max >= 0
        and pnl_delta_limit > 0 and grace_seconds >= 0
    )
);
comment on table reference.tolerances is
    'Bounds of the three-way reconciliation by business date. Inclusive, except pnl_delta_limit, '
    'which a P&L difference must stay strictly below.';
