-- What our accounts held before the first movement that we know.

create table settlement.opening_balances (
    opening_balance_id integer generated always as identity
        constraint opening_balances_pk primary key,
    account text not null,
    asset_kind text not null,
    asset text not null,
    effective_from date not null,
    amount numeric not null,
    reason text not null,
    decided_by text not null,
    recorded_at timestamptz not null default now(),
    constraint opening_balances_asset_kind_known check (asset_kind in ('SECURITY', 'CASH')),
    constraint opening_balances_reason_given check (reason <> '' and decided_by <> '')
);
create index opening_balances_by_account on settlement.opening_balances
    (account, asset_kind, asset, effective_from);
comment on table settlement.opening_balances is
    'What an account of ours holds at the beginning of effective_from, in place of all movements '
    'before: of the rows of a day the newest counts. Append-only.';
create trigger opening_balances_append_only before update or delete on settlement.opening_balances
    for each row execute function control.refuse_change();
