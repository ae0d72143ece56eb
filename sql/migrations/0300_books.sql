-- The books: positions with their open lots at each close, kept as they were known, and the marks and
-- rates that each close was valued by. What stood here before is built anew by the next close.

create table reference.book_rules (
    account text not null,
    strategy text not null,
    effective_from date not null,
    cost_method text not null,
    base_currency text not null,
    unexplained_limit numeric not null,
    recorded_at timestamptz not null default now(),
    constraint book_rules_pk primary key (account, strategy, effective_from),
    constraint book_rules_method_known check (cost_method in ('FIFO', 'LIFO', 'AVERAGE')),
    constraint book_rules_limit_not_negative check (unexplained_limit >= 0)
);
comment on table reference.book_rules is
    'How a book (account x strategy; * any) takes its cost, its base currency, and the unexplained P&L '
    'of a day in that currency beyond which a person must look. The narrowest row in force counts: '
    'account and strategy, then strategy, then account, then neither.';

create table reference.share_splits (
    symbol text not null,
    ex_date date not null,
    new_shares numeric not null,
    old_shares numeric not null,
    recorded_at timestamptz not null default now(),
    constraint share_splits_pk primary key (symbol, ex_date),
    constraint share_splits_symbol_fk foreign key (symbol) references reference.instruments (symbol),
    constraint share_splits_positive check (new_shares > 0 and old_shares > 0)
);
comment on table reference.share_splits is
    'new_shares are held for old_shares from the morning of ex_date; the cost stays.';

create table reference.instrument_terms (
    symbol text constraint instrument_terms_pk primary key,
    multiplier numeric not null,
    coupon_rate numeric,
    coupons_per_year smallint,
    maturity_date date,
    day_count text,
    recorded_at timestamptz not null default now(),
    constraint instrument_terms_symbol_fk foreign key (symbol)
        references reference.instruments (symbol),
    constraint instrument_terms_multiplier_positive check (multiplier > 0),
    constraint instrument_terms_coupons_whole check (
        num_nulls(coupon_rate, coupons_per_year, maturity_date, day_count) in (0, 4)
    ),
    constraint instrument_terms_coupons_per_year_known check (coupons_per_year in (1, 2, 4, 12)),
    constraint instrument_terms_day_count_known check (day_count in ('30/360', 'ACT/ACT'))
);
comment on table reference.instrument_terms is
    'multiplier: what one unit of quantity is worth at a price of 1; without a row it is 1, which is '
    'right where quantities count what the price is for. Coupons: yearly rate in price points (4.25 of '
    '100), so that interest and clean price add up; ACT/ACT is the ICMA rule.';

create table books.holdings (
    holding_id integer generated always as identity constraint holdings_pk primary key,
    account text not null,
    strategy text not null,
    symbol text not null,
    currency text not null,
    asset_class text not null,
    constraint holdings_key unique (account, strategy, symbol, currency)
);
comment on table books.holdings is
    'A book in an instrument, by a short name: everything else in this schema leans on it. The asset '
    'class is the newest that was traded under.';

create table books.updates (
    update_id bigint generated always as identity constraint updates_pk primary key,
    business_date date not null,
    run_id text not null,
    known_at timestamptz not null default clock_timestamp()
);
create index updates_by_date on books.updates (business_date, update_id);
create index updates_by_instant on books.updates (known_at);
comment on table books.updates is
    'Each time the books of a date were built: what it wrote is known since known_at. One at a time, '
    'so that ids and instants have the same order. Append-only.';
create trigger updates_append_only before update or delete on books.updates
    for each row execute function control.refuse_change();

create table books.closing_positions (
    holding_id integer not null,
    business_date date not null,
    update_id bigint not null,
    cost_method text not null,
    split_ratio numeric not null,
    trade_count bigint not null,
    bought_quantity numeric not null,
    sold_quantity numeric not null,
    bought_amount numeric not null,
    sold_amount numeric not null,
    fee_amount numeric not null,
    interest_amount numeric not null,
    quantity numeric not null,
    cost_amount numeric not null,
    cash_flow_to_date_amount numeric not null,
    fee_to_date_amount numeric not null,
    interest_to_date_amount numeric not null,
    lot_trade_ids text[] not null,
    lot_dates date[] not null,
    lot_quantities numeric[] not null,
    lot_amounts numeric[] not null,
    due_dates date[] not null,
    due_quantities numeric[] not null,
    constraint closing_positions_pk primary key (holding_id, business_date, update_id)
);
create index closing_positions_by_date on books.closing_positions (business_date, holding_id, update_id);
create index closing_positions_by_update on books.closing_positions (update_id, business_date);
comment on table books.closing_positions is
    'A holding after each date that moved it: what the date brought (trade_count to interest_amount), '
    'and where it stands since then. As true on D and known at X: the row of the greatest business_date '
    'up to D, of the greatest update_id up to X''s. cost_amount has the sign of quantity: realised P&L '
    'since the first trade is cash flow + cost. Append-only; a correction restates the dates after it. '
    'No foreign keys: ids are those that the same transaction looked up.';
comment on column books.closing_positions.split_ratio is
    'Units held per unit before, by splits since the holding''s row before.';
comment on column books.closing_positions.interest_amount is
    'Signed quantity x interest per unit up to each trade''s settlement date, counted from maturity '
    'backwards: what of the carry was bought. Null terms: 0.';
comment on column books.closing_positions.lot_trade_ids is
    'Open lots, oldest first: the trade each came of, when, how many units, and what they cost '
    '(quantity x price x multiplier). At average cost one lot without a trade.';
comment on column books.closing_positions.due_dates is
    'Settlement dates after business_date, and the signed quantity that is due on each.';
create trigger closing_positions_append_only before update or delete on books.closing_positions
    for each row execute function control.refuse_change();

create table books.close_marks (
    business_date date not null,
    symbol text not null,
    currency text not null,
    update_id bigint not null,
    mark_price numeric,
    mark_date date,
    mark_source text,
    is_stale boolean,
    accrued_interest numeric not null,
    interest_to_date numeric not null,
    constraint close_marks_pk primary key (business_date, symbol, currency, update_id)
);
comment on table books.close_marks is
    'The mark that a close valued each instrument by; a null price: unpriced from then on. Interest per '
    'unit on the settlement date of a trade of the date: since the last coupon, and counted from '
    'maturity backwards. Append-only.';
create trigger close_marks_append_only before update or delete on books.close_marks
    for each row execute function control.refuse_change();

create table books.close_rates (
    business_date date not null,
    currency text not null,
    base_currency text not null,
    update_id bigint not null,
    rate numeric,
    rate_date date,
    rate_source text,
    constraint close_rates_pk primary key (business_date, currency, base_currency, update_id)
);
comment on table books.close_rates is
    'The rate by which a close told amounts in a base currency; null: none was known. Append-only.';
create trigger close_rates_append_only before update or delete on books.close_rates
    for each row execute function control.refuse_change();

insert into books.stale_dates (business_date)
select distinct business_date from books.daily_flows
on conflict (business_date) do nothing;

-- null: noted before there were updates
alter table books.flow_changes
    add column update_id bigint,
    add constraint flow_changes_update_key unique (business_date, update_id);

drop function if exists books.positions(date);
drop table books.daily_flows;

comment on table books.stale_dates is
    'Dates that were closed and got or lost an execution afterwards, or whose splits, terms or rules '
    'changed: the next close of this or a later date builds them anew, so that positions open right.';
comment on table books.flow_changes is
    'Each time a close gave a date other positions than it had before: the packs of all later dates '
    'open with them. Append-only.';
comment on schema books is 'Positions, lots and P&L per book, as true on a date and as known at an instant.';
