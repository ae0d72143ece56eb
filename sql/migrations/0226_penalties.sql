-- Cash penalties for fails: what is subject to them and at which rate, what each day costs whom, and the
-- monthly statements.

create table reference.penalty_rates (
    type_of_fail text not null,
    effective_from date not null,
    rate_bp numeric,
    basis text not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint penalty_rates_pk primary key (type_of_fail, effective_from),
    constraint penalty_rates_basis_known check (basis in ('REFERENCE_VALUE', 'AMOUNT')),
    constraint penalty_rates_not_negative check (rate_bp >= 0)
);
comment on table reference.penalty_rates is
    'Basis points for each business day of fail; null: the currency''s overnight rate, floor 0, over '
    '360. basis: of the open quantity at the reference price, or of the open amount.';

create table reference.penalty_scopes (
    market_id text not null,
    asset_class text not null,
    symbol text not null,
    effective_from date not null,
    type_of_fail text,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint penalty_scopes_pk primary key (market_id, asset_class, symbol, effective_from)
);
comment on table reference.penalty_scopes is
    'Which fails cost a penalty, as which class of instrument; the instrument''s own row before that '
    'of *. No row, or no type_of_fail: none.';

create table reference.overnight_rates (
    currency text not null,
    effective_from date not null,
    rate_percent numeric not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint overnight_rates_pk primary key (currency, effective_from)
);
comment on table reference.overnight_rates is
    'The official rate of a currency''s central bank for overnight credit, percent a year.';

create table reference.penalty_terms (
    effective_from date not null,
    calendar_id text not null,
    statement_business_day smallint not null,
    payment_business_day smallint not null,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint penalty_terms_pk primary key (effective_from),
    constraint penalty_terms_days_in_order check (
        statement_business_day between 1 and payment_business_day and payment_business_day <= 20
    )
);
comment on table reference.penalty_terms is
    'On which business day of the following month penalties are stated, and on which they are paid.';

create table settlement.penalties (
    penalty_id bigint generated always as identity constraint penalties_pk primary key,
    instruction_id bigint not null,
    settlement_date date not null,
    penalty_date date not null,
    reverses_penalty_id bigint,
    counterparty_id text not null,
    house_account_id integer not null,
    payer text not null,
    reason text not null,
    type_of_fail text not null,
    symbol text,
    currency text not null,
    open_quantity numeric,
    open_amount numeric not null,
    reference_price numeric,
    price_date date,
    rate numeric,
    amount numeric,
    lacking text,
    run_id text not null,
    recorded_at timestamptz not null,
    constraint penalties_payer_known check (payer in ('HOUSE', 'COUNTERPARTY', 'UNKNOWN')),
    constraint penalties_amount_or_lacking check ((amount is null) = (lacking is not null)),
    constraint penalties_lacking_known check (
        lacking in ('reference_price', 'penalty_rate', 'overnight_rate', 'failing_party')
    ),
    constraint penalties_sign check (
        case when reverses_penalty_id is null then amount >= 0 else amount <= 0 end
    ),
    constraint penalties_unknown_payer_pays_nothing check (payer <> 'UNKNOWN' or amount is null),
    constraint penalties_reversed_fk foreign key (reverses_penalty_id)
        references settlement.penalties (penalty_id)
);
create unique index penalties_reversed_once on settlement.penalties (reverses_penalty_id)
    where reverses_penalty_id is not null;
create index penalties_of_instruction on settlement.penalties (instruction_id, penalty_date);
create index penalties_of_date on settlement.penalties (penalty_date);
create index penalties_lacking on settlement.penalties (penalty_date) where lacking is not null;
comment on table settlement.penalties is
    'What one business day of one fail costs, and whom: payer pays the other side. A correction is a '
    'row that takes back (reverses_penalty_id, amount negative) and a new one; the sum is always what '
    'is owed. What cannot be priced has no amount, and lacking says why. Append-only.';
comment on column settlement.penalties.rate is
    'Basis points a day; for lack of cash percent a year.';
create trigger penalties_append_only before update or delete on settlement.penalties
    for each row execute function control.refuse_change();

create table settlement.penalty_statements (
    statement_id text constraint penalty_statements_pk primary key,
    counterparty_id text not null,
    currency text not null,
    statement_month date not null,
    statement_number smallint not null,
    stated_on date not null,
    payment_date date not null,
    run_id text not null,
    recorded_at timestamptz not null,
    constraint penalty_statements_key
        unique (counterparty_id, currency, statement_month, statement_number),
    constraint penalty_statements_month_begins check (extract(day from statement_month) = 1)
);
comment on table settlement.penalty_statements is
    'A counterparty''s penalties of a month, and of earlier ones what came since. Append-only.';
create trigger penalty_statements_append_only before update or delete
    on settlement.penalty_statements
    for each row execute function control.refuse_change();

create table settlement.penalty_statement_lines (
    penalty_id bigint constraint penalty_statement_lines_pk primary key,
    statement_id text not null,
    constraint penalty_statement_lines_penalty_fk foreign key (penalty_id)
        references settlement.penalties (penalty_id),
    constraint penalty_statement_lines_statement_fk foreign key (statement_id)
        references settlement.penalty_statements (statement_id)
);
create index penalty_statement_lines_of on settlement.penalty_statement_lines (statement_id);
comment on table settlement.penalty_statement_lines is
    'Which penalties a statement holds: each is stated once. Append-only.';
create trigger penalty_statement_lines_append_only before update or delete
    on settlement.penalty_statement_lines
    for each row execute function control.refuse_change();
