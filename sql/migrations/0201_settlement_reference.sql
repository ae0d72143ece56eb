-- What settlement asks of reference data: currencies, methods, standing instructions, the states of a
-- trade's life, and a person's word over a calendar.

create table reference.currencies (
    currency text constraint currencies_pk primary key,
    minor_unit_digits smallint not null,
    recorded_at timestamptz not null default now(),
    constraint currencies_digits_range check (minor_unit_digits between 0 and 4)
);
comment on table reference.currencies is 'ISO 4217: a currency and the digits of its minor unit.';

create table reference.settlement_methods (
    asset_class text not null,
    market_id text not null,
    method text not null,
    recorded_at timestamptz not null default now(),
    constraint settlement_methods_pk primary key (asset_class, market_id),
    constraint settlement_methods_known check (method in ('DVP', 'FOP', 'PVP'))
);
comment on table reference.settlement_methods is
    'How a trade settles: DVP against payment, FOP free of it (futures: variation is paid by marks), '
    'PVP currency against currency. market_id * stands for every market without a row of its own.';

create table reference.standing_instructions (
    standing_instruction_id integer generated always as identity
        constraint standing_instructions_pk primary key,
    counterparty_id text not null,
    market_id text not null,
    asset_class text,
    currency text,
    effective_from date not null,
    effective_until date,
    place_of_settlement text not null,
    agent_bic text not null,
    securities_account text not null,
    cash_account text not null,
    recorded_at timestamptz not null default now(),
    withdrawn_at timestamptz,
    constraint standing_instructions_market_fk foreign key (market_id)
        references reference.markets (market_id),
    constraint standing_instructions_counterparty_fk foreign key (counterparty_id)
        references reference.counterparties (counterparty_id),
    constraint standing_instructions_span check (effective_until > effective_from)
);
create index standing_instructions_current on reference.standing_instructions
    (counterparty_id, market_id) where withdrawn_at is null;
comment on table reference.standing_instructions is
    'Where a counterparty delivers, receives and is paid in a market; asset class and currency null: '
    'any. In force from effective_from until the day before effective_until. A row that the file '
    'changes or no longer has is withdrawn and stays: instructions name it.';

create table reference.life_cycle_states (
    state text constraint life_cycle_states_pk primary key,
    operational_status text,
    fix_codes text,
    iso_codes text,
    meaning text not null,
    recorded_at timestamptz not null default now(),
    constraint life_cycle_states_status_known check (
        operational_status in (
            'pending confirmation', 'confirmed', 'settlement pending', 'settled', 'break'
        )
    )
);
comment on table reference.life_cycle_states is
    'The states of a trade''s life with the five statuses that users see; null: none of them.';

alter table reference.markets add column counting_calendar text;
comment on column reference.markets.counting_calendar is
    'Days counted from trade to settlement, where other days count than those on which it settles '
    '(foreign exchange: the US dollar''s holidays are passed over only on the last day).';

alter table reference.instruments add column settlement_market_id text;
comment on column reference.instruments.settlement_market_id is
    'The market whose cycle and calendars settle it, where that is not market_id.';

alter table reference.calendar_days add column is_open_by_rule boolean;
update reference.calendar_days set is_open_by_rule = is_business_day;
alter table reference.calendar_days alter column is_open_by_rule set not null;
comment on column reference.calendar_days.is_open_by_rule is
    'What the calendar''s library says; is_business_day is that, or what an override says.';

create table reference.calendar_overrides (
    override_id integer generated always as identity constraint calendar_overrides_pk primary key,
    calendar_id text not null,
    calendar_date date not null,
    -- null: the rule again
    is_open boolean,
    reason text not null,
    decided_by text not null,
    recorded_at timestamptz not null default now(),
    constraint calendar_overrides_reason_given check (reason <> '' and decided_by <> '')
);
comment on table reference.calendar_overrides is
    'A person''s word over a day of a trading or settlement calendar: the newest row of a day counts, '
    'and one without is_open takes the word back. Append-only.';
create trigger calendar_overrides_append_only before update or delete
    on reference.calendar_overrides
    for each row execute function control.refuse_change();
