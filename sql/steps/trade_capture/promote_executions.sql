-- purpose: accept the resolved executions; the first to arrive for a date, trade and version stays.
-- reads: resolved_executions (temporary), staging.executions
-- writes: trade.executions, accepted_executions, refused_executions (temporary)
-- rerun: append once: a row that is there stays, and what it refuses is found again
-- parameters: business_dates (every date of the staged executions)

drop table if exists pg_temp.accepted_executions, pg_temp.refused_executions;

create temporary table refused_executions (like staging.executions) on commit drop;

create temporary table accepted_executions (
    batch_id bigint, business_date date, trade_id text, version integer, counterparty_id text
) on commit drop;

with judged as materialized (
    select r.*, r.arrival = 1 and kept.version is null as is_accepted
    from resolved_executions as r
    left join lateral (
        select e.version
        from trade.executions as e
        where e.business_date = any(%(business_dates)s::date[])
          and e.business_date = r.business_date
          and e.trade_id = r.trade_id
          and e.version = r.version
        limit 1
    ) as kept on true
),
accepted as (
    insert into trade.executions (
        business_date, trade_id, version, feed, source_id, symbol, asset_class, side, quantity,
        price, currency, notional, brokerage_fee, clearing_fee, exchange_fee, counterparty_id,
        venue, account, strategy, executed_at, settlement_date, status, flags, batch_id, topic,
        partition, message_offset, recorded_at
    )
    select
        business_date,
        trade_id,
        version,
        feed,
        source_id,
        symbol,
        asset_class,
        side,
        quantity,
        price,
        currency,
        notional,
        brokerage_fee,
        clearing_fee,
        exchange_fee,
        counterparty_id,
        venue,
        account,
        strategy,
        executed_at,
        settlement_date,
        status,
        flags,
        batch_id,
        topic,
        partition,
        message_offset,
        now()
    from judged
    where is_accepted
    returning batch_id, business_date, trade_id, version, counterparty_id
),
listed as (
    insert into accepted_executions
    select * from accepted
),
refused as (
    insert into refused_executions
    select *
    from staging.executions
    where ctid = any(array(select staged_at from judged where not is_accepted))
)
select
    (select count(*) from judged) as rows_in,
    (select count(*) from accepted) as rows_out;
