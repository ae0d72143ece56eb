-- Which trades of a range of ids do not agree at first sight. Joins of two sides each, because a
-- full join in the order of the keys is the cheapest there is, and a third side would have to be
-- sorted anew. Parameters are constants where they are called, so that the planner inlines the body.

create or replace function recon.find_doubtful_confirmations(
    p_business_date date,
    p_first_trade_id text,
    p_end_trade_id text,
    p_silent_source_ids text[],
    p_first_batch_id bigint,
    p_last_batch_id bigint,
    p_excluded_batch_ids bigint[],
    p_excluded_source_ids text[],
    p_quantity_delta_max numeric,
    p_price_delta_max numeric,
    p_timestamp_delta_ms_max integer
) returns table (trade_id text)
language sql stable parallel safe as $$
    select trade_id
    from (
        select
            x.trade_id, x.source_id, x.quantity, x.price, x.executed_at, x.status, x.batch_id
        from trade.executions as x
        where x.business_date = p_business_date
          and x.trade_id >= p_first_trade_id
          and (p_end_trade_id is null or x.trade_id < p_end_trade_id)
    ) as e
    full join (
        select x.trade_id, x.version, x.quantity, x.price, x.confirmed_at, x.status
        from trade.confirmations as x
        where x.business_date = p_business_date
          and x.trade_id >= p_first_trade_id
          and (p_end_trade_id is null or x.trade_id < p_end_trade_id)
    ) as c using (trade_id)
    where (
        recon.quantities_agree(e.quantity, c.quantity, p_quantity_delta_max)
        and recon.prices_agree(e.price, c.price, p_price_delta_max)
        and recon.timestamps_agree(e.executed_at, c.confirmed_at, p_timestamp_delta_ms_max)
        and e.source_id <> all(p_silent_source_ids)
        and e.status <> 'CANCELLED'
        and c.status <> 'CANCELLED'
        and (
            p_first_batch_id is null
            or e.batch_id between p_first_batch_id and p_last_batch_id
            and e.batch_id <> all(p_excluded_batch_ids)
            and e.source_id <> all(p_excluded_source_ids)
        )
    ) is not true
    and (c.version is not null or e.source_id <> all(p_silent_source_ids))
$$;
comment on function recon.find_doubtful_confirmations(
    date, text, text, text[], bigint, bigint, bigint[], text[], numeric, numeric, integer
) is
    'Trades from the first id to before the end (null: no end) whose execution and confirmation are '
    'not both there and agree. Of a silent source, which expects no other side: those that have one. '
    'With batches: also those whose execution is of another batch, or of an excluded source.';

create or replace function recon.find_doubtful_pnl_snapshots(
    p_business_date date,
    p_first_trade_id text,
    p_end_trade_id text,
    p_silent_source_ids text[],
    p_pnl_delta_limit numeric
) returns table (trade_id text)
language sql stable parallel safe as $$
    select trade_id
    from (
        select x.trade_id, x.source_id, x.quantity, x.price
        from trade.executions as x
        where x.business_date = p_business_date
          and x.trade_id >= p_first_trade_id
          and (p_end_trade_id is null or x.trade_id < p_end_trade_id)
    ) as e
    full join (
        select x.trade_id, x.version, x.pnl_impact, x.commission, x.status
        from trade.pnl_snapshots as x
        where x.business_date = p_business_date
          and x.trade_id >= p_first_trade_id
          and (p_end_trade_id is null or x.trade_id < p_end_trade_id)
    ) as p using (trade_id)
    where (
        recon.pnl_agrees(e.quantity, e.price, p.commission, p.pnl_impact, p_pnl_delta_limit)
        and e.source_id <> all(p_silent_source_ids)
        and p.status <> 'CANCELLED'
    ) is not true
    and (p.version is not null or e.source_id <> all(p_silent_source_ids))
$$;
comment on function recon.find_doubtful_pnl_snapshots(date, text, text, text[], numeric) is
    'The same for execution and P&L snapshot.';

create or replace function recon.find_doubtful_matches(
    p_business_date date,
    p_first_trade_id text,
    p_end_trade_id text
) returns table (trade_id text)
language sql stable parallel safe as $$
    select trade_id
    from (
        select x.trade_id, x.version
        from trade.confirmations as x
        where x.business_date = p_business_date
          and x.trade_id >= p_first_trade_id
          and (p_end_trade_id is null or x.trade_id < p_end_trade_id)
    ) as c
    full join (
        select x.trade_id, x.business_date
        from recon.single_matches as x
        where x.business_date = p_business_date
          and x.trade_id >= p_first_trade_id
          and (p_end_trade_id is null or x.trade_id < p_end_trade_id)
    ) as m using (trade_id)
    where c.version is null
       or m.business_date is null
$$;
comment on function recon.find_doubtful_matches(date, text, text) is
    'Trades in the same range with a confirmation or a single match, but not both.';

create or replace function recon.find_doubtful_trades(
    p_business_date date,
    p_first_trade_id text,
    p_end_trade_id text,
    p_silent_source_ids text[],
    p_first_batch_id bigint,
    p_last_batch_id bigint,
    p_excluded_batch_ids bigint[],
    p_excluded_source_ids text[],
    p_quantity_delta_max numeric,
    p_price_delta_max numeric,
    p_timestamp_delta_ms_max integer,
    p_pnl_delta_limit numeric
) returns table (trade_id text)
language sql stable parallel safe as $$
    select trade_id
    from recon.find_doubtful_matches(p_business_date, p_first_trade_id, p_end_trade_id)
    where p_first_batch_id is null
    union all
    select trade_id
    from recon.find_doubtful_confirmations(
        p_business_date, p_first_trade_id, p_end_trade_id, p_silent_source_ids, p_first_batch_id,
        p_last_batch_id, p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max,
        p_price_delta_max, p_timestamp_delta_ms_max
    )
    union all
    select trade_id
    from recon.find_doubtful_pnl_snapshots(
        p_business_date, p_first_trade_id, p_end_trade_id, p_silent_source_ids, p_pnl_delta_limit
    )
$$;
comment on function recon.find_doubtful_trades(
    date, text, text, text[], bigint, bigint, bigint[], text[], numeric, numeric, integer, numeric
) is
    'All of these; a trade may come more than once. With batches, a set holds the matches of the date '
    '(or will), and single ones are not looked at.';
