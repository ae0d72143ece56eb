-- The messages of announcements of one business date, in their order. An execution that is not there
-- any more has no payload.
with names as materialized (
    select
        a.announcement_id,
        n.key as counterparty_id,
        n.value ->> 0 as counterparty_name,
        n.value ->> 1 as lei
    from outbox.announcements as a
    cross join lateral jsonb_each(a.counterparties) as n
    where a.announcement_id = any(%(announcement_ids)s::bigint[])
),
announced as materialized (
    select
        a.announcement_id,
        a.topic,
        w.trade_id,
        w.version,
        w.place
    from outbox.announcements as a
    cross join lateral unnest(a.trade_ids, a.versions) with ordinality
        as w (trade_id, version, place)
    where a.announcement_id = any(%(announcement_ids)s::bigint[])
)
select
    a.announcement_id,
    concat_ws('/', a.topic, %(business_date)s::date, a.trade_id, a.version) as message_id,
    a.topic,
    a.trade_id,
    case when e.trade_id is not null then row_to_json(message)::text end as payload
from announced as a
left join lateral (
    select x.*
    from trade.executions as x
    where x.business_date = %(business_date)s::date
      and x.trade_id = a.trade_id
      and x.version = a.version
    limit 1
) as e on true
left join names as n
    on n.announcement_id = a.announcement_id
    and n.counterparty_id = e.counterparty_id
cross join lateral (
    select
        e.business_date,
        e.trade_id,
        e.version,
        e.status,
        e.source_id as source,
        e.symbol,
        e.asset_class,
        e.side,
        e.quantity,
        e.price,
        e.currency,
        e.price * e.quantity as trade_value,
        e.notional,
        e.brokerage_fee,
        e.clearing_fee,
        e.exchange_fee,
        e.counterparty_id as counterparty,
        n.counterparty_name,
        n.lei as counterparty_lei,
        e.venue,
        e.account,
        e.strategy,
        e.executed_at,
        e.settlement_date,
        e.flags,
        e.recorded_at as validated_at
) as message
order by a.announcement_id, a.place
