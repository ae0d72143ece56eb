create table peer_instructions (
    instruction_id bigint primary key,
    trade_id text not null unique,
    side text not null,
    symbol text not null,
    quantity numeric not null,
    currency text not null,
    amount numeric not null,
    counterparty_id text not null,
    status text not null default 'SETTLED'
);
create table peer_lines (
    line_id bigint generated always as identity primary key,
    instruction_id bigint not null references peer_instructions (instruction_id),
    account text not null,
    asset text not null,
    amount numeric not null
)
