-- Blocks: trades done in one for several accounts, and how they are split.

create table reference.block_accounts (
    account text not null,
    effective_from date not null,
    effective_until date,
    source text not null,
    recorded_at timestamptz not null default now(),
    constraint block_accounts_pk primary key (account, effective_from),
    constraint block_accounts_span check (effective_until > effective_from)
);
comment on table reference.block_accounts is
    'Accounts whose trades are blocks: they settle in the accounts to which they are allocated, never '
    'in this one. By business date of the trade; until the day before effective_until.';

create table trade.allocations (
    business_date date not null,
    trade_id text not null,
    allocation_version integer not null,
    account text not null,
    quantity numeric not null,
    source_file text not null,
    source_line integer not null,
    run_id text not null,
    recorded_at timestamptz not null default now(),
    constraint allocations_pk primary key (business_date, trade_id, allocation_version, account),
    constraint allocations_version_positive check (allocation_version >= 1),
    constraint allocations_quantity_positive check (quantity > 0)
);
comment on table trade.allocations is
    'How a block is split: each version is whole and replaces the one before. Append-only.';
create trigger allocations_append_only before update or delete on trade.allocations
    for each row execute function control.refuse_change();

create table settlement.blocks (
    business_date date not null,
    trade_id text not null,
    run_id text not null,
    recorded_at timestamptz not null default now(),
    constraint blocks_pk primary key (business_date, trade_id)
);
comment on table settlement.blocks is
    'Block trades that matched once: they wait for their allocation. Append-only.';
create trigger blocks_append_only before update or delete on settlement.blocks
    for each row execute function control.refuse_change();
