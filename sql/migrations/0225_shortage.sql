-- What can be delivered and paid, in which order, in which parts; why instructions fail, and who is told.

create table reference.opening_holdings (
    account text not null,
    asset_kind text not null,
    asset text not null,
    effective_from date not null,
    quantity numeric not null,
    credit_limit numeric not null default 0,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint opening_holdings_pk primary key (account, asset_kind, asset, effective_from),
    constraint opening_holdings_kind_known check (asset_kind in ('SECURITY', 'CASH')),
    constraint opening_holdings_credit_not_negative check (credit_limit >= 0)
);
comment on table reference.opening_holdings is
    'What an account of ours holds of an instrument or currency at the beginning of effective_from, '
    'as a custodian says; movements from that day on come on top, and a later row begins anew. '
    'credit_limit: how far below zero it may go (overdraft, borrowing).';

create table reference.inventory_controls (
    account text not null,
    market_id text not null,
    asset_kind text not null,
    effective_from date not null,
    is_controlled boolean not null,
    recorded_at timestamptz not null default now(),
    constraint inventory_controls_pk primary key (account, market_id, asset_kind, effective_from),
    constraint inventory_controls_kind_known check (asset_kind in ('SECURITY', 'CASH')),
    constraint inventory_controls_cash_has_no_market check (asset_kind = 'SECURITY' or market_id = '*')
);
comment on table reference.inventory_controls is
    'Whether an account of ours delivers (SECURITY, by market; * for every other) or pays (CASH) only '
    'what it has. Without a row: where it has an opening holding of the asset, and else not.';

create table reference.partial_settlement_rules (
    counterparty_id text not null,
    market_id text not null,
    effective_from date not null,
    is_partial_allowed boolean not null,
    minimum_quantity numeric not null,
    priority smallint not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint partial_settlement_rules_pk primary key (counterparty_id, market_id, effective_from),
    constraint partial_settlement_rules_minimum_positive check (minimum_quantity > 0),
    constraint partial_settlement_rules_priority_positive check (priority >= 1)
);
comment on table reference.partial_settlement_rules is
    'Whether what cannot settle in whole may settle in parts, in multiples of minimum_quantity, and '
    'which of what is due on the same date comes first (1 before 2). The row of the counterparty and '
    'market counts, else the counterparty''s, else the market''s, else that of * and *.';

create table reference.fail_reasons (
    reason text not null,
    failing_party text not null,
    is_lack_of_cash boolean not null,
    iso_reason text,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint fail_reasons_pk primary key (reason),
    constraint fail_reasons_party_known check (failing_party in ('HOUSE', 'COUNTERPARTY', 'UNKNOWN'))
);
comment on table reference.fail_reasons is
    'Who fails, by the reason: of a shortage, or of the hold. * stands for every other. UNKNOWN: the '
    'reason does not tell, and somebody has to say.';

create table reference.chaser_steps (
    age_business_days integer not null,
    addressee text not null,
    effective_from date not null,
    recorded_at timestamptz not null default now(),
    constraint chaser_steps_pk primary key (age_business_days, addressee, effective_from),
    constraint chaser_steps_age_not_negative check (age_business_days >= 0),
    constraint chaser_steps_addressee_known check (
        addressee in ('operations', 'counterparty', 'management')
    )
);
comment on table reference.chaser_steps is
    'At which age a fail is chased, and whom it is written to.';

create table settlement.chasers (
    instruction_id bigint not null,
    settlement_date date not null,
    age_business_days integer not null,
    addressee text not null,
    chased_on date not null,
    run_id text not null,
    recorded_at timestamptz not null,
    constraint chasers_pk primary key (instruction_id, age_business_days, addressee)
);
comment on table settlement.chasers is
    'Which fails were chased at which age: once at each step. Append-only.';
create trigger chasers_append_only before update or delete on settlement.chasers
    for each row execute function control.refuse_change();

-- an instruction that settled in part, was held and is released stands as INSTRUCTED again: its
-- settled part can be taken back from there too
create or replace function settlement.is_allowed(p_kind text, p_from_state text, p_to_state text)
returns boolean
language sql immutable parallel safe as $$
    select case
        when p_kind = 'REVERSAL' then p_to_state = 'CANCELLED'
        when p_kind = 'SETTLEMENT'
            then p_to_state in ('PARTIALLY_SETTLED', 'SETTLED')
                and p_from_state not in ('SETTLED', 'CANCELLED')
        when p_kind = 'NETTED'
            then p_to_state = 'SETTLED' and p_from_state not in ('SETTLED', 'CANCELLED')
        else case p_from_state
            when 'INSTRUCTED' then p_to_state in ('MATCHED', 'PENDING', 'FAILING', 'CANCELLED')
            when 'MATCHED' then p_to_state in ('PENDING', 'FAILING', 'CANCELLED')
            when 'PENDING' then p_to_state in ('INSTRUCTED', 'MATCHED', 'FAILING', 'CANCELLED')
            when 'PARTIALLY_SETTLED' then p_to_state in ('PENDING', 'FAILING')
            when 'FAILING' then p_to_state in ('MATCHED', 'PENDING', 'FAILING', 'CANCELLED')
            else false
        end
    end
$$;
