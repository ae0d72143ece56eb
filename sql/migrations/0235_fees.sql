-- What a trade costs: rates in force, what they come to for each trade, and until when a trade is to
-- be affirmed.

create table reference.fee_rates (
    fee_rate_id integer generated always as identity constraint fee_rates_pk primary key,
    fee_type text not null,
    authority text,
    booked_in text,
    market_id text,
    asset_class text,
    counterparty_id text,
    account text,
    currency text,
    side text,
    effective_from date not null,
    effective_until date,
    date_rule text not null,
    basis text not null,
    rate numeric not null,
    amount_min numeric,
    amount_max numeric,
    rounding text not null,
    rounding_digits smallint not null,
    is_taxed boolean not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    withdrawn_at timestamptz,
    constraint fee_rates_market_fk foreign key (market_id) references reference.markets (market_id),
    constraint fee_rates_counterparty_fk foreign key (counterparty_id)
        references reference.counterparties (counterparty_id),
    constraint fee_rates_type_is_a_name check (fee_type ~ '^[A-Z][A-Z0-9_]*$'),
    constraint fee_rates_booked_or_owed check (num_nonnulls(authority, booked_in) = 1),
    constraint fee_rates_booked_in_known check (
        booked_in in ('brokerage_fee', 'clearing_fee', 'exchange_fee')
    ),
    constraint fee_rates_side_known check (side in ('BUY', 'SELL')),
    constraint fee_rates_span check (effective_until > effective_from),
    constraint fee_rates_date_rule_known check (date_rule in ('TRADE_DATE', 'SETTLEMENT_DATE')),
    constraint fee_rates_basis_known check (basis in ('NOTIONAL', 'QUANTITY', 'TRADE', 'CHARGES')),
    constraint fee_rates_amounts_have_currency check (
        currency is not null
        or basis in ('NOTIONAL', 'CHARGES') and num_nonnulls(amount_min, amount_max) = 0
    ),
    constraint fee_rates_bounds_ordered check (amount_min <= amount_max and amount_min >= 0),
    constraint fee_rates_rebates_have_no_bounds check (
        rate >= 0 or num_nonnulls(amount_min, amount_max) = 0
    ),
    constraint fee_rates_rounding_known check (rounding in ('HALF_UP', 'UP', 'DOWN')),
    constraint fee_rates_digits_range check (rounding_digits between 0 and 6),
    constraint fee_rates_tax_is_owed check (
        basis <> 'CHARGES' or authority is not null and not is_taxed
    ),
    constraint fee_rates_source_given check (source <> '')
);
comment on table reference.fee_rates is
    'What is charged on a trade, in force from effective_from until the day before effective_until. '
    'A scope left null is any; of several rows of a fee type that fit a trade the most specific '
    'counts: account before counterparty before market before asset class before currency. A row '
    'that the file changes or no longer has is withdrawn and stays: charges name it.';
comment on column reference.fee_rates.rate is 'Negative: a rebate.';
comment on column reference.fee_rates.authority is
    'To whom it is owed beside the broker; null: it is part of a fee that the execution books.';
comment on column reference.fee_rates.booked_in is
    'Which field of the execution books it, and so the commission of the snapshot; null: none.';
comment on column reference.fee_rates.date_rule is 'Whether the rate of the trade''s or of the '
    'settlement''s day counts.';
comment on column reference.fee_rates.basis is
    'NOTIONAL: rate x |price x quantity|. QUANTITY: rate x quantity. TRADE: the rate, once a trade '
    '(no record names its order). CHARGES: a tax, rate x what the trade pays under is_taxed rows.';
comment on column reference.fee_rates.rounding is
    'Of the bounded amount to rounding_digits decimals. HALF_UP: halves away from zero. UP, DOWN: '
    'away from, towards zero.';

create type settlement.fee_term as (
    fee_rate_id integer,
    basis text,
    rate numeric,
    amount_min numeric,
    amount_max numeric,
    factor numeric,
    addend numeric,
    unit numeric
);
comment on type settlement.fee_term is
    'A rate as settlement.charge works it out: factor, addend and unit are its rounding.';

alter table reference.tolerances
    add column fee_delta_max numeric not null default 0.01,
    add constraint tolerances_fee_not_negative check (fee_delta_max >= 0);
comment on column reference.tolerances.fee_delta_max is
    'How far a booked fee may be from the computed one, inclusive, in the trade''s currency.';

create table settlement.trade_fees (
    business_date date not null,
    act_id integer not null,
    version integer not null,
    sequence smallint not null,
    reverses_sequence smallint,
    trade_id text not null,
    currency text not null,
    fee_rate_ids integer[] not null,
    amounts numeric[] not null,
    constraint trade_fees_pk primary key (trade_id, sequence, business_date),
    constraint trade_fees_amounts_fit_rates check (
        cardinality(amounts) = cardinality(fee_rate_ids) and cardinality(amounts) > 0
    ),
    -- charge, its reversal, next charge, …
    constraint trade_fees_sequence_alternates check (
        sequence >= 1
        and reverses_sequence is not distinct from
        case when sequence % 2 = 0 then (sequence - 1)::smallint end
    )
) partition by list (business_date);
comment on table settlement.trade_fees is
    'What a version of a trade is charged: one row with all its fees, each with the rate that it '
    'follows from. A correction of the trade or of a rate writes a reversal and a new charge; a '
    'cancellation the reversal. A trade under no rate has no row: not computed, which is not zero. '
    'Lines: view settlement.fees. Append-only.';
create trigger trade_fees_append_only before update or delete on settlement.trade_fees
    for each row execute function control.refuse_change();
create trigger trade_fees_never_emptied before truncate on settlement.trade_fees
    for each statement execute function control.refuse_change();

create table settlement.charged_dates (
    business_date date constraint charged_dates_pk primary key,
    trade_count bigint not null,
    charged_count bigint not null,
    input_count bigint not null,
    rate_count bigint not null,
    run_id text not null
);
comment on table settlement.charged_dates is
    'Business dates whose fees were computed: live trades, those of them that a rate applies to, and '
    'of what it was made, so that anything that came since is noticed: rows of '
    'control.received_counts, and rates of the date recorded and withdrawn. Both only grow.';

create table settlement.fees_not_computed (
    business_date date not null,
    market_id text not null,
    asset_class text not null,
    fee_type text not null,
    trade_count bigint not null,
    constraint fees_not_computed_pk
        primary key (business_date, market_id, asset_class, fee_type)
);
comment on table settlement.fees_not_computed is
    'Live trades of a charged date that a fee was not computed for: one whose rates fit them by scope, '
    'but none on their date; ANY: no rate of any type fits them.';

create table reference.affirmation_cutoffs (
    market_id text not null,
    asset_class text not null,
    effective_from date not null,
    cutoff_time time not null,
    rate_target numeric not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint affirmation_cutoffs_pk primary key (market_id, asset_class, effective_from),
    constraint affirmation_cutoffs_market_fk foreign key (market_id)
        references reference.markets (market_id),
    constraint affirmation_cutoffs_target_range check (rate_target between 0 and 1),
    constraint affirmation_cutoffs_source_given check (source <> '')
);
comment on table reference.affirmation_cutoffs is
    'By when a trade is to be affirmed: a time of its trade date in the market''s zone, and the share '
    'that is aimed at. A market and asset class without a row has none.';
