-- What the pass over a whole date says of a trade that does not agree: its sides, so that nothing has to
-- look them up again.

create type recon.joined_trade as (
    trade_id text,
    is_joined boolean,
    execution_version integer,
    execution_status text,
    source_id text,
    batch_id bigint,
    symbol text,
    currency text,
    counterparty_id text,
    quantity numeric,
    price numeric,
    executed_at timestamptz,
    confirmation_version integer,
    confirmed_quantity numeric,
    confirmed_price numeric,
    confirmed_at timestamptz,
    confirmed_symbol text,
    confirmed_currency text,
    confirmed_counterparty_id text,
    pnl_snapshot_version integer,
    pnl_impact numeric,
    commission numeric,
    pnl_currency text
);
comment on type recon.joined_trade is
    'A trade of a date as recon.find_doubtful_trades shows it. is_joined: no side is missing here that '
    'exists, or cancelled.';

drop function if exists recon.find_doubtful_trades(
    date, text, text, text[], bigint, bigint, bigint[], text[], numeric, numeric, integer, numeric
);
drop function if exists recon.find_doubtful_confirmations(
    date, text, text, text[], bigint, bigint, bigint[], text[], numeric, numeric, integer
);
drop function if exists recon.find_doubtful_pnl_snapshots(date, text, text, text[], numeric);
