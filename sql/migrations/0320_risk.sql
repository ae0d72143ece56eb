-- Risk and margin of a business date: narrow rows, one for each measure of each subject, restated as a
-- whole when any of them changes.

create schema risk;
comment on schema risk is 'Exposure, concentration, limits, value at risk, stress, margin. Append-only.';

create table reference.risk_parameters (
    effective_from date constraint risk_parameters_pk primary key,
    base_currency text not null,
    confidence numeric not null,
    scenarios_max integer not null,
    scenarios_min integer not null,
    tail text not null,
    top_count integer not null,
    backtest_days integer not null,
    basis text not null,
    recorded_at timestamptz not null default now(),
    constraint risk_parameters_currency_fk foreign key (base_currency)
        references reference.currencies (currency),
    constraint risk_parameters_confidence_range check (confidence > 0 and confidence < 1),
    constraint risk_parameters_counts_positive check (
        scenarios_min > 0 and scenarios_max >= scenarios_min and top_count > 0 and backtest_days > 0
    ),
    constraint risk_parameters_tail_known check (tail in ('AT_OR_BEYOND', 'BEYOND'))
);
comment on table reference.risk_parameters is
    'How risk is measured, by business date. tail: whether expected shortfall is the mean of the losses '
    'at or beyond the value at risk, or only of those beyond it.';

create table reference.risk_limits (
    limit_kind text not null,
    subject text not null,
    effective_from date not null,
    limit_amount numeric not null,
    basis text not null,
    recorded_at timestamptz not null default now(),
    constraint risk_limits_pk primary key (limit_kind, subject, effective_from),
    constraint risk_limits_kind_known check (
        limit_kind in ('COUNTERPARTY_GROSS', 'COUNTERPARTY_NET', 'BOOK_GROSS', 'VALUE_AT_RISK')
    ),
    constraint risk_limits_not_negative check (limit_amount >= 0)
);
comment on table reference.risk_limits is
    'Limits in the base currency; * for every subject without a row of its own. A use above the limit '
    'is a breach. Books are account/strategy; the firm is FIRM.';

create table reference.stress_scenarios (
    scenario_id text not null,
    asset_class text not null,
    effective_from date not null,
    shock numeric not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint stress_scenarios_pk primary key (scenario_id, asset_class, effective_from),
    constraint stress_scenarios_shock_range check (shock >= -1)
);
comment on table reference.stress_scenarios is
    'Scenarios that the books are valued under: shock is the change of price as a fraction, for the '
    'instruments of an asset class (* for every class without a row of its own in the scenario).';

create table reference.backtest_zones (
    exceptions_from integer not null,
    effective_from date not null,
    zone text not null,
    plus_factor numeric not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint backtest_zones_pk primary key (exceptions_from, effective_from),
    constraint backtest_zones_known check (zone in ('GREEN', 'YELLOW', 'RED'))
);
comment on table reference.backtest_zones is
    'The traffic light: from this number of exceptions in 250 days on, zone and increase of the '
    'multiplication factor.';

create table risk.counterparty_flows (
    business_date date not null,
    counterparty_id text not null,
    account text not null,
    symbol text not null,
    currency text not null,
    settlement_date date not null,
    asset_class text not null,
    trade_count bigint not null,
    bought_quantity numeric not null,
    sold_quantity numeric not null,
    bought_amount numeric not null,
    sold_amount numeric not null,
    fee_amount numeric not null,
    constraint counterparty_flows_pk primary key (
        business_date, counterparty_id, account, symbol, currency, settlement_date
    )
);
comment on table risk.counterparty_flows is
    'What one business date adds to what is open with each counterparty, and to the cash of each '
    'account: sums of these rows cost the dates, whatever their trades.';

create table risk.flow_dates (
    business_date date constraint flow_dates_pk primary key,
    input_count bigint not null
);
comment on table risk.flow_dates is
    'Dates whose flows stand in risk.counterparty_flows, and how many rows of control.received_counts '
    'they had then: with more of them now a date is built anew.';

create table risk.versions (
    business_date date not null,
    version integer not null,
    run_id text not null,
    known_at timestamptz not null default clock_timestamp(),
    constraint versions_pk primary key (business_date, version)
);
comment on table risk.versions is
    'Each time the measures of a date came out otherwise than before. Append-only.';
create trigger versions_append_only before update or delete on risk.versions
    for each row execute function control.refuse_change();

create table risk.measures (
    business_date date not null,
    version integer not null,
    measure text not null,
    subject_kind text not null,
    subject text not null,
    detail text not null,
    currency text not null,
    amount numeric,
    note text,
    constraint measures_pk primary key (
        business_date, version, measure, subject_kind, subject, detail, currency
    ),
    constraint measures_version_fk foreign key (business_date, version)
        references risk.versions (business_date, version),
    constraint measures_subject_known check (
        subject_kind in (
            'FIRM', 'BOOK', 'COUNTERPARTY', 'SYMBOL', 'CURRENCY', 'NETTING_SET', 'ACCOUNT'
        )
    ),
    -- no figure without one, or the reason why there is none
    constraint measures_amount_or_reason check (amount is not null or note is not null)
);
create index measures_by_subject on risk.measures (measure, subject_kind, subject, business_date);
comment on table risk.measures is
    'One row for each measure of each subject; views lay them side by side. An amount of money is in '
    'currency; counts and ratios have none (empty). Without an amount the note says why. Append-only.';
create trigger measures_append_only before update or delete on risk.measures
    for each row execute function control.refuse_change();
