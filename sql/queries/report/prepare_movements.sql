-- What moved on the date, summed by the accounts and assets that it moved between.
create temporary table pack_movements on commit drop as
with moved as (
    select
        deliverer_id,
        receiver_id,
        payer_id,
        payee_id,
        symbol,
        delivered_currency,
        currency,
        kind,
        count(*) as movement_count,
        sum(quantity) as quantity,
        sum(amount) as amount
    from settlement.events
    where (
        settlement_date = %(business_date)s and effective_on = %(business_date)s
        or settlement_date <> effective_on and effective_on = %(business_date)s
    )
      and num_nonnulls(quantity, amount) > 0
    group by
        deliverer_id, receiver_id, payer_id, payee_id, symbol, delivered_currency, currency, kind
)
select
    a.account_kind,
    a.account_name,
    side.asset_kind,
    side.asset,
    sum(m.movement_count) as movement_count,
    sum(m.movement_count) filter (where m.kind = 'REVERSAL') as reversal_count,
    sum(side.amount) filter (where side.amount > 0) as received_amount,
    -sum(side.amount) filter (where side.amount < 0) as delivered_amount,
    sum(side.amount) as net_amount
from moved as m
cross join lateral (
    values
    (m.deliverer_id, 'SECURITY', m.symbol, -m.quantity),
    (m.receiver_id, 'SECURITY', m.symbol, m.quantity),
    (m.deliverer_id, 'CASH', m.delivered_currency, -m.quantity),
    (m.receiver_id, 'CASH', m.delivered_currency, m.quantity),
    (m.payer_id, 'CASH', m.currency, -m.amount),
    (m.payee_id, 'CASH', m.currency, m.amount)
) as side (account_id, asset_kind, asset, amount)
join settlement.accounts as a on a.account_id = side.account_id
where side.asset is not null
group by a.account_kind, a.account_name, side.asset_kind, side.asset
