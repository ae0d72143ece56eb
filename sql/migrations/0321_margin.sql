-- Margin: the standard schedule for netting sets, Regulation T for accounts, and what was deposited.

create table reference.margin_rates (
    margin_class text not null,
    duration_over numeric not null,
    effective_from date not null,
    rate numeric not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint margin_rates_pk primary key (margin_class, duration_over, effective_from),
    constraint margin_rates_class_known check (
        margin_class in ('CREDIT', 'COMMODITY', 'EQUITY', 'FX', 'RATES', 'OTHER')
    ),
    constraint margin_rates_range check (rate between 0 and 1 and duration_over >= 0)
);
comment on table reference.margin_rates is
    'Initial margin as a share of notional, by class and duration in years: a row is for durations '
    'above duration_over, up to and with the next row''s (the first also for 0).';

create table reference.margin_instruments (
    symbol text constraint margin_instruments_pk primary key,
    margin_class text not null,
    duration_years numeric not null,
    basis text not null,
    recorded_at timestamptz not null default now(),
    constraint margin_instruments_duration_not_negative check (duration_years >= 0)
);
comment on table reference.margin_instruments is
    'Derivatives that are margined between the two parties, with their class and duration (0 where '
    'the class has none). What is not named here needs no initial margin.';

create table reference.netting_sets (
    netting_set_id text not null,
    counterparty_id text not null,
    effective_from date not null,
    threshold_amount numeric not null,
    minimum_transfer_amount numeric not null,
    basis text not null,
    recorded_at timestamptz not null default now(),
    constraint netting_sets_pk primary key (netting_set_id, effective_from),
    constraint netting_sets_counterparty_key unique (counterparty_id, effective_from),
    constraint netting_sets_not_negative check (threshold_amount >= 0 and minimum_transfer_amount >= 0)
);
comment on table reference.netting_sets is
    'Which counterparties have a netting agreement. In the base currency: initial margin above the '
    'threshold is asked for, and nothing moves below the minimum transfer amount.';

create table reference.margin_accounts (
    account text not null,
    effective_from date not null,
    currency text not null,
    minimum_transfer_amount numeric not null,
    basis text not null,
    recorded_at timestamptz not null default now(),
    constraint margin_accounts_pk primary key (account, effective_from),
    constraint margin_accounts_not_negative check (minimum_transfer_amount >= 0)
);
comment on table reference.margin_accounts is
    'Accounts that hold equities on margin under Regulation T, in one currency.';

create table reference.account_margin_rates (
    side text not null,
    price_from numeric not null,
    effective_from date not null,
    initial_rate numeric not null,
    maintenance_rate numeric not null,
    maintenance_per_unit numeric not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint account_margin_rates_pk primary key (side, price_from, effective_from),
    constraint account_margin_rates_side_known check (side in ('LONG', 'SHORT'))
);
comment on table reference.account_margin_rates is
    'Share of market value that an account must hold: initially, and from then on (the greater of the '
    'share and an amount per unit), for prices from price_from on.';

create table risk.collateral (
    collateral_id integer generated always as identity constraint collateral_pk primary key,
    holder_kind text not null,
    holder_id text not null,
    currency text not null,
    amount numeric not null,
    effective_on date not null,
    reason text not null,
    recorded_by text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    constraint collateral_holder_known check (holder_kind in ('NETTING_SET', 'ACCOUNT')),
    constraint collateral_not_zero check (amount <> 0),
    constraint collateral_reason_given check (btrim(reason) <> '' and btrim(recorded_by) <> '')
);
create index collateral_by_holder on risk.collateral (holder_kind, holder_id, effective_on);
comment on table risk.collateral is
    'Margin that came in (or went back, negative) in cash: its sum up to a date is what is held. A '
    'mistake is put right by a row of the opposite sign. Append-only.';
create trigger collateral_append_only before update or delete on risk.collateral
    for each row execute function control.refuse_change();
