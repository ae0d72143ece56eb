-- purpose: announce every newly accepted execution version on enriched-trades.
-- reads: resolved_executions, refused_executions (temporary), reference.counterparties
-- writes: outbox.messages
-- rerun: append once, by message_id
-- parameters: none

insert into outbox.messages (message_id, topic, message_key, payload)
select
    concat_ws('/', 'enriched-trades', r.business_date, r.trade_id, r.version),
    'enriched-trades',
    r.trade_id,
    jsonb_build_object(
        'business_date', r.business_date,
        'trade_id', r.trade_id,
        'version', r.version,
        'status', r.status,
        'source', r.source_id,
        'symbol', r.symbol,
        'asset_class', r.asset_class,
        'side', r.side,
        'quantity', r.quantity,
        'price', r.price,
        'currency', r.currency,
        'trade_value', r.price * r.quantity,
        'notional', r.notional,
        'brokerage_fee', r.brokerage_fee,
        'clearing_fee', r.clearing_fee,
        'exchange_fee', r.exchange_fee,
        'counterparty', r.counterparty_id,
        'counterparty_name', c.counterparty_name,
        'counterparty_lei', c.lei,
        'venue', r.venue,
        'account', r.account,
        'strategy', r.strategy,
        'executed_at', r.executed_at,
        'settlement_date', r.settlement_date,
        'flags', r.flags,
        'validated_at', now()
    )
from resolved_executions as r
left join reference.counterparties as c on c.counterparty_id = r.counterparty_id
where not exists (
    select
    from refused_executions as f
    where f.topic = r.topic
      and f.partition = r.partition
      and f.message_offset = r.message_offset
)
on conflict (message_id) do nothing;

select
    (select count(*) from resolved_executions) as rows_in,
    (select count(*) from resolved_executions) - (select count(*) from refused_executions)
        as rows_out;
