-- purpose: accept the staged and the moved confirmations; the first to arrive for a date, trade
--          and version stays.
-- reads: staging.confirmations, moved_confirmations (temporary)
-- writes: trade.confirmations, refused_confirmations (temporary)
-- rerun: append once: a row that is there stays, and what it refuses is found again
-- parameters: batch_ids

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
accepted as (
    insert into trade.confirmations (
        business_date, trade_id, version, symbol, side, quantity, price, currency,
        counterparty_id, account, confirmed_at, settlement_date, status, flags, batch_id,
        topic, partition, message_offset, recorded_at
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
    from incoming
    -- sorted by key: neighbours in the index, and the first to arrive leads among equals
    order by
        trade_id collate "C",
        version,
        business_date,
        batch_id,
        topic,
        partition,
        message_offset
    on conflict (trade_id, version, business_date) do nothing
    returning topic, partition, message_offset
)
insert into refused_confirmations
select i.*
from incoming as i
where not exists (
    select
    from accepted as a
    where a.topic = i.topic
      and a.partition = i.partition
      and a.message_offset = i.message_offset
);

select
    received.row_count as rows_in,
    received.row_count - refused.row_count as rows_out
from (
    select count(*) as row_count
    from staging.confirmations
    where batch_id = any(%(batch_ids)s::bigint[])
) as received
cross join (select count(*) as row_count from refused_confirmations) as refused;
