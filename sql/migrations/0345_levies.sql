-- What the books owe to authorities for the trades of a date, beside the fees that executions book.

create table books.levies (
    levy_id bigint generated always as identity constraint levies_pk primary key,
    business_date date not null,
    account text not null,
    strategy text not null,
    symbol text not null,
    currency text not null,
    amount numeric not null,
    run_id text not null,
    known_at timestamptz not null default clock_timestamp(),
    constraint levies_amount_moves check (amount <> 0)
);
create index levies_by_date on books.levies (business_date, account, strategy, symbol, currency);
comment on table books.levies is
    'What the computed fees of a date''s trades that no execution books come to in each book and '
    'instrument (SEC Section 31, FINRA TAF, STT, stamp duty and their like): each row is what the sum '
    'changed by, known since known_at. Negative: taken back. Append-only.';
create trigger levies_append_only before update or delete on books.levies
    for each row execute function control.refuse_change();
