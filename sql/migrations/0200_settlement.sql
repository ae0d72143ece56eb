-- Settlement: what is to be delivered and paid, what became of it, and the movements themselves.

create schema settlement;
comment on schema settlement is
    'Instructions, their events, and the movements of securities and cash. Append-only.';

create table settlement.acts (
    act_id integer generated always as identity constraint acts_pk primary key,
    cause text not null,
    actor text not null,
    run_id text not null,
    occurred_at timestamptz not null,
    constraint acts_cause_is_a_sentence check (cause ~ '^[a-z][a-z0-9_]*$')
);
comment on table settlement.acts is
    'Who did something to many instructions at once, why and when: each instruction and each event '
    'names its act, so that a million rows say it by four bytes. cause: a sentence in snake case; '
    'actor: the step, or the person. Append-only.';

create table settlement.accounts (
    account_id integer generated always as identity constraint accounts_pk primary key,
    account_kind text not null,
    account_name text not null,
    opened_at timestamptz not null default now(),
    constraint accounts_key unique (account_kind, account_name),
    constraint accounts_kind_known check (
        account_kind in ('HOUSE', 'COUNTERPARTY', 'CLEARING_HOUSE', 'AUTHORITY')
    )
);
comment on table settlement.accounts is
    'The accounts between which securities and cash move. HOUSE: an account of ours, as trades name '
    'it; COUNTERPARTY: all that one counterparty holds with us, named by its id; AUTHORITY: who '
    'levies fees and taxes. Append-only.';

create table settlement.instruction_counter (
    next_instruction_id bigint not null,
    is_only_row boolean not null default true constraint instruction_counter_pk primary key,
    constraint instruction_counter_has_one_row check (is_only_row)
);
insert into settlement.instruction_counter (next_instruction_id) values (1);
comment on table settlement.instruction_counter is
    'The next free instruction_id; taken in blocks by settlement.reserve_instruction_ids.';

create table settlement.instructions (
    instruction_id bigint not null,
    settlement_date date not null,
    business_date date not null,
    act_id integer not null,
    subject_version integer not null,
    part_number integer not null default 0,
    standing_instruction_id integer,
    house_account_id integer not null,
    counterparty_account_id integer not null,
    purpose text not null,
    subject_id text not null,
    direction text not null,
    method text not null,
    symbol text,
    delivered_currency text,
    asset_class text,
    market_id text,
    currency text not null,
    counterparty_id text not null,
    account text not null,
    strategy text not null,
    quantity numeric,
    amount numeric not null,
    constraint instructions_pk primary key (instruction_id, settlement_date),
    constraint instructions_purpose_known check (
        purpose in ('TRADE', 'ALLOCATION', 'ORDER', 'NET', 'FEE', 'PENALTY', 'MARK')
    ),
    constraint instructions_direction_known check (direction in ('RECEIVE', 'DELIVER')),
    constraint instructions_method_known check (method in ('DVP', 'FOP', 'PVP', 'PAYMENT')),
    constraint instructions_asset_fits_method check (
        case method
            when 'PAYMENT' then num_nonnulls(symbol, delivered_currency, quantity) = 0
            when 'PVP' then delivered_currency is not null and symbol is not null and quantity > 0
            else delivered_currency is null and symbol is not null and quantity > 0
        end
    ),
    constraint instructions_amount_fits_method check (
        case method when 'FOP' then amount = 0 when 'PAYMENT' then amount <> 0 else true end
    ),
    constraint instructions_accounts_differ check (house_account_id <> counterparty_account_id),
    constraint instructions_part_not_negative check (part_number >= 0 and subject_version >= 1)
) partition by list (settlement_date);
create unique index instructions_trade_key on settlement.instructions
    (subject_id, subject_version, part_number, business_date, settlement_date)
    where purpose = 'TRADE';
create unique index instructions_subject_key on settlement.instructions
    (purpose, subject_id, subject_version, part_number, business_date, settlement_date)
    where purpose <> 'TRADE';
comment on table settlement.instructions is
    'What is to be delivered and paid on a settlement date: one row per version of a trade (or part '
    'of it, or order, net, fee, penalty). The row is itself the event INSTRUCTED. Append-only.';
comment on column settlement.instructions.settlement_date is
    'The intended one (ISD), for ever: the day on which it really settled is an event''s.';
comment on column settlement.instructions.subject_id is
    'What is instructed, by purpose: the trade id, the order id, the net''s, the statement''s. Of '
    'business_date and subject_version.';
comment on column settlement.instructions.part_number is '0: the whole; 1, 2, …: its parts.';
comment on column settlement.instructions.direction is
    'Ours: RECEIVE or DELIVER the asset. PAYMENT: RECEIVE means that we pay, as against delivery.';
comment on column settlement.instructions.symbol is
    'What is delivered; for PVP the pair, whose delivered_currency is delivered.';
comment on column settlement.instructions.amount is
    'Paid by who receives to who delivers, in currency, rounded half up to its minor unit. Negative '
    '(a negative price): the deliverer pays. 0: nothing is paid.';

create function settlement.is_allowed(p_kind text, p_from_state text, p_to_state text)
returns boolean
language sql immutable parallel safe as $$
    select case
        when p_kind = 'REVERSAL'
            then p_from_state in ('PARTIALLY_SETTLED', 'SETTLED', 'FAILING', 'PENDING', 'CANCELLED')
                and p_to_state = 'CANCELLED'
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
comment on function settlement.is_allowed(text, text, text) is
    'Whether an instruction may pass from one state to another by an event of this kind. FAILING to '
    'FAILING: another day of fail. What has settled in part or whole ends by reversals only.';

create table settlement.events (
    instruction_id bigint not null,
    settlement_date date not null,
    effective_on date not null,
    act_id integer not null,
    sequence smallint not null,
    reverses_sequence smallint,
    deliverer_id integer,
    receiver_id integer,
    payer_id integer,
    payee_id integer,
    net_instruction_id bigint,
    kind text not null,
    from_state text not null,
    to_state text not null,
    symbol text,
    delivered_currency text,
    currency text,
    quantity numeric,
    amount numeric,
    constraint events_pk primary key (instruction_id, sequence, settlement_date),
    constraint events_kind_known check (kind in ('STATUS', 'SETTLEMENT', 'NETTED', 'REVERSAL')),
    constraint events_states_known check (
        from_state in (
            'INSTRUCTED', 'MATCHED', 'PENDING', 'PARTIALLY_SETTLED', 'SETTLED', 'FAILING', 'CANCELLED'
        )
    ),
    constraint events_transition_allowed check (settlement.is_allowed(kind, from_state, to_state)),
    constraint events_begin_at_instructed check (
        sequence >= 1 and (sequence > 1 or from_state = 'INSTRUCTED')
    ),
    constraint events_securities_leg_whole check (
        case when quantity is null
            then num_nonnulls(symbol, delivered_currency, deliverer_id, receiver_id) = 0
            else quantity > 0 and deliverer_id is not null and receiver_id is not null
                and num_nonnulls(symbol, delivered_currency) = 1 and deliverer_id <> receiver_id
        end
    ),
    constraint events_cash_leg_whole check (
        case when amount is null then num_nonnulls(currency, payer_id, payee_id) = 0
            else amount > 0 and num_nonnulls(currency, payer_id, payee_id) = 3
                and payer_id <> payee_id
        end
    ),
    constraint events_movement_fits_kind check (
        case kind
            when 'SETTLEMENT' then num_nonnulls(quantity, amount) >= 1
            when 'REVERSAL' then true
            else num_nonnulls(quantity, amount) = 0
        end
    ),
    constraint events_reversal_points_back check (
        case kind when 'REVERSAL' then reverses_sequence between 1 and sequence - 1
            else reverses_sequence is null
        end
    ),
    constraint events_net_named check ((kind = 'NETTED') = (net_instruction_id is not null))
) partition by list (settlement_date);
create unique index events_reversed_once on settlement.events
    (instruction_id, reverses_sequence, settlement_date) where reverses_sequence is not null;
create index events_later on settlement.events (instruction_id, sequence) where sequence > 1;
create index events_effective_elsewhen on settlement.events (effective_on)
    where effective_on <> settlement_date;
comment on table settlement.events is
    'What became of each instruction, in sequence: a change of its state, and, in the same row, the '
    'movement that it is. A movement has both its sides in one row (who delivers and who receives; '
    'who pays and who is paid), so no half of one can be booked, and every sum is zero. Append-only.';
comment on column settlement.events.settlement_date is 'Of the instruction: the partition.';
comment on column settlement.events.effective_on is 'The day on which it counts in the books.';
comment on column settlement.events.kind is
    'STATUS: no movement. SETTLEMENT: delivery, payment, or both. NETTED: settled by the movement of '
    'net_instruction_id. REVERSAL: takes back reverses_sequence, its sides exchanged.';

-- partitions get the same: rows from here, statements by sql/functions/settlement_partitions.sql
create trigger acts_append_only before update or delete on settlement.acts
    for each row execute function control.refuse_change();
create trigger accounts_append_only before update or delete on settlement.accounts
    for each row execute function control.refuse_change();
create trigger instructions_append_only before update or delete on settlement.instructions
    for each row execute function control.refuse_change();
create trigger events_append_only before update or delete on settlement.events
    for each row execute function control.refuse_change();
create trigger instructions_never_emptied before truncate on settlement.instructions
    for each statement execute function control.refuse_change();
create trigger events_never_emptied before truncate on settlement.events
    for each statement execute function control.refuse_change();

create table settlement.touched_trades (
    business_date date not null,
    trade_id text not null
);
comment on table settlement.touched_trades is
    'Trades that a reconciliation looked at and whose instructions have not been looked at since. '
    'Written with the matches, emptied with the instructions.';

create table settlement.breaks (
    business_date date not null,
    subject_kind text not null,
    subject_id text not null,
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
    constraint settlement_breaks_pk
        primary key (business_date, subject_kind, subject_id, break_type),
    constraint settlement_breaks_subject_known check (
        subject_kind in ('TRADE', 'STANDING_INSTRUCTION', 'INSTRUCTION', 'ORDER', 'FEE', 'STATEMENT')
    ),
    constraint settlement_breaks_type_is_a_name check (break_type ~ '^[a-z][a-z0-9_]*$'),
    constraint settlement_breaks_status_known check (status in ('OPEN', 'RESOLVED')),
    constraint settlement_breaks_resolved_has_reason check (
        (status = 'RESOLVED') = (resolved_at is not null and resolved_reason is not null)
    )
);
create index settlement_breaks_open on settlement.breaks (break_type, business_date)
    where status = 'OPEN';
comment on table settlement.breaks is
    'Breaks of settlement, of the shape and life of recon.breaks; the reconciliation leaves them '
    'alone. subject_id: the trade, order, fee or instruction concerned; of a standing instruction '
    'counterparty/market/asset class/currency: what lacks is one break, however many trades wait.';

alter table recon.break_events add column subject_kind text not null default 'TRADE';
comment on column recon.break_events.subject_kind is
    'What trade_id names: a TRADE, or another subject of settlement.breaks.';
