create table peer_executions (
    trade_id text not null,
    symbol text not null,
    quantity numeric not null,
    price numeric not null,
    executed_at timestamptz not null
)
