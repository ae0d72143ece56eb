-- purpose: accept the resolved executions; the first to arrive for a date, trade and version stays.
-- reads: resolved_executions, staging.executions
-- writes: trade.executions, refused_executions (temporary)
-- rerun: append once: a row that is there stays, and what it refuses is found again
-- parameters: batch_ids

truncate pg_temp.refused_executions;

with accepted as (
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
    from resolved_executions
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
insert into refused_executions
select s.*
from staging.executions as s
where s.batch_id = any(%(batch_ids)s::bigint[])
  and not exists (
      select
      from accepted as a
      where a.topic = s.topic
        and a.partition = s.partition
        and a.message_offset = s.message_offset
  );

select
    (select count(*) from resolved_executions) as rows_in,
    (select count(*) from resolved_executions) - (select count(*) from refused_executions)
        as rows_out;
