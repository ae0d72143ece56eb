-- purpose: accept the staged and the moved confirmations; the first to arrive for a date, trade
--          and version stays.
-- reads: staging.confirmations, moved_confirmations (temporary)
-- writes: trade.confirmations, refused_confirmations (temporary)
-- rerun: append once: a row that is there stays, and what it refuses is found again
-- parameters: batch_ids, business_dates (every date of the staged and the moved records)

drop table if exists pg_temp.refused_confirmations;

create temporary table refused_confirmations (like staging.confirmations) on commit drop;

with incoming as (
    select *
    from staging.confirmations
    where batch_id = any(%(batch_ids)s::bigint[])
    union all
    select *
    from moved_confirmations
),
judged as materialized (
    select i.*, i.arrival = 1 and kept.version is null as is_accepted
    from (
        select *, row_number() over (
            partition by trade_id collate "C", version, business_date
            order by batch_id, topic, partition, message_offset
        ) as arrival  -- and so sorted by key: neighbours in the index
        from incoming
    ) as i
    left join lateral (
        select x.version
        from trade.confirmations as x
        where x.business_date = any(%(business_dates)s::date[])
          and x.business_date = i.business_date
          and x.trade_id = i.trade_id
          and x.version = i.version
        limit 1
    ) as kept on true
),
accepted as (
    insert into trade.confirmations (
        business_date, trade_id, version, symbol, side, quantity, price, currency, counterparty_id,
        account, confirmed_at, settlement_date, status, flags, batch_id, topic, partition,
        message_offset, recorded_at
    )
    select
        business_date,
        trade_id,
        version,
        symbol,
        side,
        quantity,
        price,
        currency,
        counterparty_id,
        account,
        confirmed_at,
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
    returning 1
),
refused as (
    insert into refused_confirmations
    select
        batch_id, feed, topic, partition, message_offset, message_at, business_date, is_date_stated,
        trade_id, version, symbol, side, quantity, price, currency, counterparty_id, account,
        confirmed_at, settlement_date, status, flags
    from judged
    where not is_accepted
)
select
    (select count(*) from judged) as rows_in,
    (select count(*) from accepted) as rows_out;
