-- Marks: what instruments, currencies and money of a tenor were worth on a date, by whom and since when
-- we know it. No mark is no row: nothing in here stands for a price that nobody stated.

create schema market;
comment on schema market is 'Marks: prices, FX rates and curve points, with overrides. Append-only.';

create table reference.mark_sources (
    source_id text not null,
    asset_class text not null,
    effective_from date not null,
    priority integer not null,
    days_old_max integer not null,
    basis text not null,
    recorded_at timestamptz not null default now(),
    constraint mark_sources_pk primary key (source_id, asset_class, effective_from),
    constraint mark_sources_class_known check (
        asset_class in ('*', 'EQUITY', 'BOND', 'DERIVATIVE', 'FX', 'COMMODITY', 'CURVE')
    ),
    constraint mark_sources_priority_positive check (priority > 0),
    constraint mark_sources_days_not_negative check (days_old_max >= 0)
);
comment on table reference.mark_sources is
    'Who may state marks, by asset class (* where it has no row of its own) and date: the lowest '
    'priority that is not stale counts. Stale: more than days_old_max business days of the '
    'instrument''s trading calendar old.';

create table market.marks (
    mark_id bigint generated always as identity constraint marks_pk primary key,
    mark_kind text not null,
    symbol text not null,
    currency text not null,
    -- of a curve point; 0 elsewhere
    tenor_days integer not null,
    mark_date date not null,
    source_id text not null,
    -- as of when the source states it: a later one replaces an earlier one
    observed_at timestamptz not null,
    price numeric not null,
    flags text[] not null default '{}',
    batch_id bigint not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    recorded_at timestamptz not null default now(),
    constraint marks_kind_known check (mark_kind in ('PRICE', 'FX', 'CURVE')),
    constraint marks_tenor_of_curves check ((tenor_days > 0) = (mark_kind = 'CURVE')),
    constraint marks_fx_of_a_pair check (
        mark_kind <> 'FX'
        or (symbol ~ '^[A-Z]{6}$' and right(symbol, 3) = currency and price > 0)
    ),
    constraint marks_version_key unique (
        symbol, mark_kind, tenor_days, currency, source_id, mark_date, observed_at
    )
);
create index marks_by_date on market.marks (mark_date);
comment on table market.marks is
    'Every mark as its source stated it. FX: price of one unit of the first currency of the pair in '
    'the second; CURVE: symbol names the curve, price is the rate. Append-only: a corrected mark is '
    'one of a later observed_at.';
create trigger marks_append_only before update or delete on market.marks
    for each row execute function control.refuse_change();

create table market.overrides (
    override_id integer generated always as identity constraint overrides_pk primary key,
    mark_kind text not null,
    symbol text not null,
    currency text not null,
    tenor_days integer not null,
    mark_date date not null,
    -- null: what the sources say again
    price numeric,
    reason text not null,
    made_by text not null,
    made_at timestamptz not null default clock_timestamp(),
    constraint overrides_kind_known check (mark_kind in ('PRICE', 'FX', 'CURVE')),
    constraint overrides_tenor_of_curves check ((tenor_days > 0) = (mark_kind = 'CURVE')),
    constraint overrides_fx_positive check (mark_kind <> 'FX' or price > 0),
    constraint overrides_reason_given check (btrim(reason) <> '' and btrim(made_by) <> ''),
    constraint overrides_maker_key unique (override_id, made_by)
);
create index overrides_by_symbol on market.overrides (symbol, mark_date);
comment on table market.overrides is
    'A person''s word over the mark of one date, as it was asked for. Without an approval in '
    'market.override_decisions it changes nothing. Append-only.';
create trigger overrides_append_only before update or delete on market.overrides
    for each row execute function control.refuse_change();

create table market.override_decisions (
    override_id integer constraint override_decisions_pk primary key,
    made_by text not null,
    decision text not null,
    decided_by text not null,
    comment text,
    decided_at timestamptz not null default clock_timestamp(),
    constraint override_decisions_override_fk foreign key (override_id, made_by)
        references market.overrides (override_id, made_by),
    constraint override_decisions_known check (decision in ('APPROVED', 'REFUSED')),
    constraint override_decisions_second_person check (
        btrim(decided_by) <> '' and lower(btrim(decided_by)) <> lower(btrim(made_by))
    )
);
comment on table market.override_decisions is
    'What a second person said of an override: once, and never the one who asked. Append-only.';
create trigger override_decisions_append_only before update or delete on market.override_decisions
    for each row execute function control.refuse_change();
