-- Netting: what is due between the same parties settles as one difference. The gross stays as it is, and
-- points at the net that settles it.

create table reference.netting_agreements (
    netting_agreement_id integer generated always as identity
        constraint netting_agreements_pk primary key,
    agreement text not null,
    method text not null,
    netting_centre text,
    counterparty_id text,
    market_id text,
    asset_class text,
    currency text,
    effective_from date not null,
    effective_until date,
    source text not null,
    recorded_at timestamptz not null default now(),
    withdrawn_at timestamptz,
    constraint netting_agreements_market_fk foreign key (market_id)
        references reference.markets (market_id),
    constraint netting_agreements_counterparty_fk foreign key (counterparty_id)
        references reference.counterparties (counterparty_id),
    constraint netting_agreements_method_known check (
        method in ('BILATERAL', 'PAYMENT', 'CENTRAL', 'GROSS')
    ),
    constraint netting_agreements_centre_fits_method check (
        (netting_centre is not null) = (method in ('PAYMENT', 'CENTRAL'))
    ),
    constraint netting_agreements_span check (effective_until > effective_from)
);
create unique index netting_agreements_current on reference.netting_agreements
    (counterparty_id, market_id, asset_class, currency, effective_from) nulls not distinct
    where withdrawn_at is null;
comment on table reference.netting_agreements is
    'Who nets what, and how: counterparty, market, asset class and currency null: any; the row that '
    'says more counts, a counterparty before a market before an asset class before a currency. In '
    'force from effective_from until the day before effective_until. A row that the file changes or '
    'no longer has is withdrawn and stays.';
comment on column reference.netting_agreements.method is
    'BILATERAL: securities per instrument and cash per currency, between two parties. PAYMENT: what '
    'is money only, one payment for each member and currency through netting_centre. CENTRAL: '
    'securities against payment, novated to netting_centre: one delivery and one payment for each '
    'member and instrument, open fails included and marked to market. GROSS: not at all.';

create table settlement.net_instructions (
    net_instruction_id bigint constraint net_instructions_pk primary key,
    settlement_date date not null,
    agreement text not null,
    method text not null,
    centre_account_id integer,
    act_id integer not null,
    constraint net_instructions_key unique nulls not distinct (
        settlement_date, agreement, method, centre_account_id
    ),
    constraint net_instructions_method_known check (method in ('BILATERAL', 'PAYMENT', 'CENTRAL')),
    constraint net_instructions_centre_fits_method check (
        (centre_account_id is null) = (method = 'BILATERAL')
    )
);
comment on table settlement.net_instructions is
    'What is netted together: all that one agreement nets on one day. The gross points at it by its '
    'event NETTED; its legs (purposes NET and MARK) by their subject_id. Append-only.';
comment on column settlement.net_instructions.centre_account_id is
    'The netting centre between the members; null: between the two parties themselves.';

create table settlement.netted_dates (
    net_instruction_id bigint not null,
    settlement_date date not null,
    constraint netted_dates_pk primary key (net_instruction_id, settlement_date)
);
comment on table settlement.netted_dates is
    'On which settlement dates the gross of a net may lie: the partitions to look at. Append-only.';

create table settlement.marked_fails (
    net_instruction_id bigint not null,
    instruction_id bigint not null,
    settlement_date date not null,
    mark_price numeric not null,
    mark_date date not null,
    marked_amount numeric not null,
    mark_payment numeric not null,
    act_id integer not null,
    constraint marked_fails_pk primary key (net_instruction_id, instruction_id, settlement_date)
);
comment on table settlement.marked_fails is
    'What was due before the day of the net that took it up, at the mark of that day. Append-only.';
comment on column settlement.marked_fails.marked_amount is
    'Quantity still due x mark, rounded: what the net pays for it. Signs are those of the party in '
    'house_account_id: plus, it pays.';
comment on column settlement.marked_fails.mark_payment is
    'marked_amount less the amount still due: paid back at once (purpose MARK), so that delivery at '
    'the mark and this payment together are what was agreed.';

create table settlement.touched_nets (net_instruction_id bigint not null);
comment on table settlement.touched_nets is
    'Nets that something was added to or taken out of and whose legs have not been looked at since.';

create trigger net_instructions_append_only before update or delete on settlement.net_instructions
    for each row execute function control.refuse_change();
create trigger netted_dates_append_only before update or delete on settlement.netted_dates
    for each row execute function control.refuse_change();
create trigger marked_fails_append_only before update or delete on settlement.marked_fails
    for each row execute function control.refuse_change();

comment on column settlement.events.net_instruction_id is
    'Of NETTED: the row of settlement.net_instructions whose legs move it.';
