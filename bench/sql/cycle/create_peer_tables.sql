create table if not exists peer_executions (
    trade_id text constraint peer_executions_pk primary key,
    symbol text not null,
    side text not null,
    quantity numeric not null,
    price numeric not null,
    executed_at timestamptz not null
);
create table if not exists peer_confirmations (
    trade_id text constraint peer_confirmations_pk primary key,
    quantity numeric not null,
    price numeric not null,
    confirmed_at timestamptz not null
);
create table if not exists peer_pnl_snapshots (
    trade_id text constraint peer_pnl_snapshots_pk primary key,
    pnl_impact numeric not null,
    commission numeric not null
)
