-- Which trades of a range of ids do not agree at first sight. In the order of the keys two sides are
-- merged, nothing is kept or sorted; only first versions take part, so that a key comes once and no
-- row is copied to be met again. Parameters are constants where they are called, so that the planner
-- inlines the bodies.

create or replace function recon.join_doubtful_trades(
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
) returns setof recon.joined_trade
language sql stable parallel safe as $$
    select
        trade_id,
        (c.status = 'CANCELLED' or e.pnl_status = 'CANCELLED') is not true,
        e.version, e.status, e.source_id, e.batch_id, e.symbol, e.currency, e.counterparty_id,
        e.quantity, e.price, e.executed_at,
        c.version, c.quantity, c.price, c.confirmed_at, c.symbol, c.currency, c.counterparty_id,
        e.pnl_version, e.pnl_impact, e.commission, e.pnl_currency
    from (
        select
            x.trade_id, x.version, x.status, x.source_id, x.batch_id, x.symbol, x.currency,
            x.counterparty_id, x.quantity, x.price, x.executed_at,
            p.version as pnl_version, p.pnl_impact, p.commission, p.currency as pnl_currency,
            p.status as pnl_status, x.feed
        from trade.executions as x
        left join (
            select s.trade_id, s.version, s.pnl_impact, s.commission, s.currency, s.status
            from trade.pnl_snapshots as s
            where s.business_date = p_business_date
              and s.version = 1
              and s.trade_id >= p_first_trade_id
              and (p_end_trade_id is null or s.trade_id < p_end_trade_id)
        ) as p on p.trade_id = x.trade_id
        where x.business_date = p_business_date
          and x.version = 1
          and x.trade_id >= p_first_trade_id
          and (p_end_trade_id is null or x.trade_id < p_end_trade_id)
    ) as e
    full join (
        select
            x.trade_id, x.version, x.quantity, x.price, x.confirmed_at, x.status, x.symbol,
            x.currency, x.counterparty_id
        from trade.confirmations as x
        where x.business_date = p_business_date
          and x.version = 1
          and x.trade_id >= p_first_trade_id
          and (p_end_trade_id is null or x.trade_id < p_end_trade_id)
    ) as c using (trade_id)
    where (
        recon.quantities_agree(e.quantity, c.quantity, p_quantity_delta_max)
        and recon.prices_agree(e.price, c.price, p_price_delta_max)
        and recon.timestamps_agree(e.executed_at, c.confirmed_at, p_timestamp_delta_ms_max)
        and recon.pnl_agrees(e.quantity, e.price, e.commission, e.pnl_impact, p_pnl_delta_limit)
        and e.status <> 'CANCELLED'
        and c.status <> 'CANCELLED'
        and e.pnl_status <> 'CANCELLED'
        and e.source_id <> all(p_silent_source_ids || p_excluded_source_ids)
        and (p_first_batch_id is null or e.batch_id between p_first_batch_id and p_last_batch_id)
        and (coalesce(p_excluded_batch_ids, '{}') = '{}' or e.batch_id <> all(p_excluded_batch_ids))
    ) is not true
    and (
        c.version is not null
        or e.pnl_version is not null
        or e.source_id <> all(p_silent_source_ids)
        or e.feed <> e.source_id
    )
$$;
comment on function recon.join_doubtful_trades(
    date, text, text, text[], bigint, bigint, bigint[], text[], numeric, numeric, integer, numeric
) is
    'Trades from the first id to before the end (null: no end) with an execution or a confirmation, '
    'whose three sides are not all there and agree. Of a silent source, which expects no other side: '
    'those that have one, and those that another feed than its own brought. With batches: also those '
    'whose execution is of another batch, or of an '
    'excluded source.';

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
) returns setof recon.joined_trade
language sql stable parallel safe as $$
    select *
    from recon.join_doubtful_trades(
        p_business_date, p_first_trade_id, p_end_trade_id, p_silent_source_ids, p_first_batch_id,
        p_last_batch_id, p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max,
        p_price_delta_max, p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select
        trade_id, false, null, null, null, null, null, null, null, null, null, null, null, null,
        null, null, null, null, null, null, null, null, null
    from recon.find_doubtful_matches(p_business_date, p_first_trade_id, p_end_trade_id)
    where p_first_batch_id is null
$$;
comment on function recon.find_doubtful_trades(
    date, text, text, text[], bigint, bigint, bigint[], text[], numeric, numeric, integer, numeric
) is
    'Both; a trade may come more than once. Where is_joined is true, the row shows the first version '
    'of every side, but for the snapshot of a trade without an execution. Without batches no set holds '
    'the matches of the date: single ones are looked at.';

create or replace function recon.find_doubtful_trades_by_range(
    p_business_date date,
    p_cuts text[],
    p_silent_source_ids text[],
    p_first_batch_id bigint,
    p_last_batch_id bigint,
    p_excluded_batch_ids bigint[],
    p_excluded_source_ids text[],
    p_quantity_delta_max numeric,
    p_price_delta_max numeric,
    p_timestamp_delta_ms_max integer,
    p_pnl_delta_limit numeric
) returns setof recon.joined_trade
language sql stable parallel safe as $$
    select *
    from recon.find_doubtful_trades(
        p_business_date, '', p_cuts[1], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[1], p_cuts[2], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[2], p_cuts[3], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[3], p_cuts[4], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[4], p_cuts[5], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[5], p_cuts[6], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[6], p_cuts[7], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[7], null, p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
$$;
comment on function recon.find_doubtful_trades_by_range(
    date, text[], text[], bigint, bigint, bigint[], text[], numeric, numeric, integer, numeric
) is
    'Those of the whole date, in eight ranges between seven cuts: each is one process''s at a time, and '
    'enough of them that none is left working alone for long.';
