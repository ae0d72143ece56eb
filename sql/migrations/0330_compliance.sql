-- Compliance: limits and lists by date, the alerts they raise, what people made of them, and trades
-- ranked by how unusual they are. The system flags; people conclude.

create schema compliance;
comment on schema compliance is
    'Alerts with their evidence and what became of them (append-only), and ranked anomalies.';

create table reference.compliance_rules (
    rule text not null,
    effective_from date not null,
    severity text not null,
    closing_needs_second_person boolean not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint compliance_rules_pk primary key (rule, effective_from),
    constraint compliance_rules_severity_known check (severity in ('LOW', 'MEDIUM', 'HIGH'))
);
comment on table reference.compliance_rules is
    'The rules that alerts name. closing_needs_second_person: an alert is escalated by one person and '
    'closed by another; otherwise one person may close it with no issue.';

create table reference.price_bands (
    asset_class text not null,
    price_above numeric not null,
    effective_from date not null,
    band_percent numeric not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint price_bands_pk primary key (asset_class, price_above, effective_from),
    constraint price_bands_positive check (price_above >= 0 and band_percent > 0)
);
comment on table reference.price_bands is
    'How far a price may be from the mark, in percent of the mark, inclusive; by the mark: the row of '
    'the greatest price_above that the mark is strictly above. * where a class has no rows of its own.';

create table reference.trade_limits (
    asset_class text not null,
    currency text not null,
    effective_from date not null,
    quantity_max numeric not null,
    notional_max numeric not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint trade_limits_pk primary key (asset_class, currency, effective_from),
    constraint trade_limits_positive check (quantity_max > 0 and notional_max > 0)
);
comment on table reference.trade_limits is
    'The largest quantity and notional of one trade, inclusive, in units of the instrument and in the '
    'currency of the trade.';

create table reference.trading_restrictions (
    symbol text not null,
    account text not null,
    side text not null,
    effective_from date not null,
    effective_until date not null,
    reason text not null,
    decided_by text not null,
    recorded_at timestamptz not null default now(),
    constraint trading_restrictions_pk primary key (symbol, account, side, effective_from),
    constraint trading_restrictions_side_known check (side in ('BUY', 'SELL', '*')),
    constraint trading_restrictions_not_negative check (effective_until >= effective_from),
    constraint trading_restrictions_reason_given check (
        btrim(reason) <> '' and btrim(decided_by) <> ''
    )
);
comment on table reference.trading_restrictions is
    'What may not be traded, from and until (both inclusive), by whom (* the whole firm) and why.';

create table reference.position_limits (
    account text not null,
    asset_class text not null,
    effective_from date not null,
    quantity_max numeric not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint position_limits_pk primary key (account, asset_class, effective_from),
    constraint position_limits_positive check (quantity_max > 0)
);
comment on table reference.position_limits is
    'The largest position of an account in one instrument, long or short, inclusive. * where an '
    'account has no row of its own.';

create table reference.beneficial_owners (
    account text not null,
    effective_from date not null,
    beneficial_owner text not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint beneficial_owners_pk primary key (account, effective_from)
);
comment on table reference.beneficial_owners is 'Who an account is traded for, by date.';

create table reference.wash_trade_policies (
    asset_class text not null,
    effective_from date not null,
    window_ms integer not null,
    price_delta_percent_max numeric not null,
    quantity_delta_percent_max numeric not null,
    is_same_counterparty boolean not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint wash_trade_policies_pk primary key (asset_class, effective_from),
    constraint wash_trade_policies_range check (
        window_ms > 0 and price_delta_percent_max >= 0 and quantity_delta_percent_max >= 0
    )
);
comment on table reference.wash_trade_policies is
    'When a purchase and a sale for one owner may be one trade: milliseconds apart, price and '
    'quantity of the sale from those of the purchase in percent, all inclusive; whether both have '
    'to be with one counterparty. * where a class has no row of its own.';

create table reference.reporting_deadlines (
    regime text not null,
    market_id text not null,
    asset_class text not null,
    effective_from date not null,
    timezone text not null,
    calendar_id text not null,
    basis text not null,
    minutes_max integer not null,
    opens_at time not null,
    closes_at time not null,
    listed_max integer not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint reporting_deadlines_pk primary key (regime, market_id, asset_class, effective_from),
    constraint reporting_deadlines_market_fk foreign key (market_id)
        references reference.markets (market_id),
    constraint reporting_deadlines_basis_known check (basis in ('ELAPSED', 'NEXT_DAY')),
    constraint reporting_deadlines_range check (
        minutes_max >= 0 and opens_at <= closes_at and listed_max > 0
    )
);
comment on table reference.reporting_deadlines is
    'When a trade must be reported. ELAPSED: minutes_max after it was executed, where that instant lies '
    'between opens_at and closes_at of a day of the calendar, otherwise after the next opens_at. '
    'NEXT_DAY: minutes_max after opens_at of the calendar''s next day. Lateness of more trades of one '
    'source than listed_max is one alert for all of them.';

create table reference.instrument_identifiers (
    symbol text not null,
    scheme text not null,
    identifier text not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint instrument_identifiers_pk primary key (symbol, scheme),
    constraint instrument_identifiers_symbol_fk foreign key (symbol)
        references reference.instruments (symbol),
    constraint instrument_identifiers_scheme_known check (scheme in ('CUSIP', 'SEDOL', 'FIGI'))
);
comment on table reference.instrument_identifiers is
    'Further identifiers of instruments, beside the ISIN. Their form is checked daily, not refused.';

create table reference.anomaly_policies (
    effective_from date constraint anomaly_policies_pk primary key,
    score_above numeric not null,
    points_min integer not null,
    kept_max integer not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint anomaly_policies_positive check (
        score_above > 0 and points_min > 0 and kept_max > 0
    )
);
comment on table reference.anomaly_policies is
    'Modified z strictly above score_above is flagged; a group of fewer than points_min is unscored; '
    'the kept_max highest of a date are kept: what people can review.';

create table compliance.coverage (
    business_date date not null,
    rule text not null,
    outcome text not null,
    subject_count bigint not null,
    run_id text not null,
    constraint coverage_pk primary key (business_date, rule, outcome),
    constraint coverage_positive check (subject_count >= 0),
    constraint coverage_outcome_is_a_name check (outcome ~ '^[a-z][a-z0-9_]*$')
);
comment on table compliance.coverage is
    'How many subjects of a date each rule checked, and why it did not check the others: what is not '
    'checked has not passed.';

create table compliance.alerts (
    alert_id bigint generated always as identity constraint alerts_pk primary key,
    business_date date not null,
    rule text not null,
    subject_kind text not null,
    subject_id text not null,
    symbol text,
    account text,
    counterparty_id text,
    severity text not null,
    closing_needs_second_person boolean not null,
    evidence jsonb not null,
    run_id text not null,
    opened_at timestamptz not null,
    constraint alerts_subject_key unique (business_date, rule, subject_kind, subject_id),
    constraint alerts_kind_known check (
        subject_kind in ('TRADE', 'TRADE_PAIR', 'POSITION', 'FEED', 'REFERENCE')
    ),
    constraint alerts_has_evidence check (jsonb_typeof(evidence) = 'object' and evidence <> '{}')
);
comment on table compliance.alerts is
    'What a rule flagged, as it was first found: exact values as text in evidence. Once per date, rule '
    'and subject. What became of it: compliance.alert_events. Append-only.';

create function compliance.is_allowed(p_event text, p_from_state text, p_to_state text)
returns boolean
language sql immutable parallel safe as $$
    select case p_event
        when 'RESTATED' then p_from_state = p_to_state and p_from_state <> 'WITHDRAWN'
        when 'WITHDRAWN' then p_from_state in ('OPEN', 'ESCALATED') and p_to_state = 'WITHDRAWN'
        when 'REOPENED' then p_from_state = 'WITHDRAWN' and p_to_state = 'OPEN'
        when 'DISPOSED' then case p_from_state
            when 'OPEN' then p_to_state in ('ESCALATED', 'CLOSED_NO_ISSUE')
            when 'ESCALATED' then p_to_state in ('CLOSED_NO_ISSUE', 'CLOSED_REPORTED')
            else false
        end
        else false
    end
$$;
comment on function compliance.is_allowed(text, text, text) is
    'Whether an alert may pass from one state to another by an event of this kind. What a person '
    'closed stays closed; only an escalated one can be closed as reported.';

create table compliance.alert_events (
    alert_id bigint not null,
    sequence integer not null,
    event text not null,
    from_state text not null,
    to_state text not null,
    actor text not null,
    reason text not null,
    evidence jsonb,
    run_id text,
    occurred_at timestamptz not null default clock_timestamp(),
    constraint alert_events_pk primary key (alert_id, sequence),
    constraint alert_events_alert_fk foreign key (alert_id) references compliance.alerts (alert_id),
    constraint alert_events_begin_at_open check (
        sequence >= 1 and (sequence > 1 or from_state = 'OPEN')
    ),
    constraint alert_events_transition_allowed check (
        compliance.is_allowed(event, from_state, to_state)
    ),
    constraint alert_events_says_who_and_why check (btrim(actor) <> '' and btrim(reason) <> ''),
    constraint alert_events_evidence_of_findings check (
        (evidence is not null) = (event in ('RESTATED', 'REOPENED'))
    )
);
comment on table compliance.alert_events is
    'What became of an alert, in sequence. DISPOSED: a person''s decision; WITHDRAWN: its cause is '
    'gone; REOPENED: the cause is back; RESTATED: found again with other values. Append-only.';

create table compliance.anomalies (
    business_date date not null,
    trade_id text not null,
    version integer not null,
    rank integer not null,
    score numeric not null,
    is_flagged boolean not null,
    components jsonb not null,
    symbol text not null,
    account text not null,
    counterparty_id text not null,
    side text not null,
    quantity numeric not null,
    price numeric not null,
    currency text not null,
    executed_at timestamptz not null,
    run_id text not null,
    constraint anomalies_pk primary key (business_date, trade_id),
    constraint anomalies_rank_key unique (business_date, rank)
);
comment on table compliance.anomalies is
    'The most unusual trades of a date, first of them rank 1: score, and each component with value, '
    'median and MAD. A ranking for reviewers; it blocks nothing. Scores are statistics, not money.';

create trigger alerts_append_only before update or delete on compliance.alerts
    for each row execute function control.refuse_change();
create trigger alert_events_append_only before update or delete on compliance.alert_events
    for each row execute function control.refuse_change();
create trigger alerts_never_emptied before truncate on compliance.alerts
    for each statement execute function control.refuse_change();
create trigger alert_events_never_emptied before truncate on compliance.alert_events
    for each statement execute function control.refuse_change();
