-- What is wrong with orders and their answers, and where every order stands.

create or replace view settlement.order_terms as
select
    o.order_key,
    o.business_date,
    o.symbol,
    o.counterparty_id,
    i.currency as instrument_currency,
    m.settlement_calendar,
    coalesce(own.method, other.method) as method,
    i.symbol is not null as is_instrument_known,
    p.counterparty_id is not null as is_counterparty_known,
    own_terms.currency,
    o.price * o.quantity * coalesce(t.multiplier, 1) as amount
from trade.orders as o
left join reference.instruments as i on i.symbol = o.symbol
left join reference.instrument_terms as t on t.symbol = o.symbol
left join reference.counterparties as p on p.counterparty_id = o.counterparty_id
left join reference.markets as m on m.market_id = coalesce(i.settlement_market_id, i.market_id)
left join reference.settlement_methods as own
    on (own.asset_class, own.market_id) = (i.asset_class, m.market_id)
left join reference.settlement_methods as other
    on (other.asset_class, other.market_id) = (i.asset_class, '*')
cross join lateral (
    -- an order that names no currency is in its instrument's own
    select case
        when 'currency_not_stated' = any(o.flags) then coalesce(i.currency, o.currency)
        else o.currency
    end as currency
) as own_terms;
comment on view settlement.order_terms is
    'Every order with what reference data says of it now; amount: price times quantity times the '
    'multiplier of its instrument, in currency.';

create or replace view settlement.wrong_order_terms as
select t.order_key, t.business_date, w.break_type, w.expected_value, w.actual_value
from settlement.order_terms as t
cross join lateral (
    values
    (
        'order_terms_instrument_unknown',
        'an instrument of reference data',
        t.symbol,
        not t.is_instrument_known
    ),
    (
        'order_terms_counterparty_unknown',
        'a counterparty of reference data',
        t.counterparty_id,
        not t.is_counterparty_known
    ),
    (
        'order_terms_currency_differs',
        t.instrument_currency,
        t.currency,
        t.currency <> t.instrument_currency
    ),
    (
        'order_terms_no_delivery_against_payment',
        'DVP',
        coalesce(t.method, 'none'),
        t.is_instrument_known and t.method is distinct from 'DVP'
    )
) as w (break_type, expected_value, actual_value, is_wrong)
where w.is_wrong;
comment on view settlement.wrong_order_terms is
    'Why orders cannot settle as securities against cash, each a type of break; none for a good order.';

create or replace view settlement.order_flaws as
select
    o.business_date,
    o.order_key as subject_id,
    'order_rejected' as break_type,
    'CONFIRM' as expected_value,
    concat_ws(': ', 'REJECT', r.reason) as actual_value,
    t.amount as exposure_amount,
    t.currency,
    o.counterparty_id,
    o.symbol,
    null::timestamptz as due_at,
    d.decided_at as known_at
from trade.order_outcomes as d
join trade.orders as o using (order_key, business_date)
join settlement.order_terms as t using (order_key, business_date)
join trade.order_responses as r
    on (r.topic, r.partition, r.message_offset) = (d.topic, d.partition, d.message_offset)
where d.outcome = 'REJECTED'
union all
select
    o.business_date,
    o.order_key,
    'order_not_answered',
    'an answer in time',
    'none',
    t.amount,
    t.currency,
    o.counterparty_id,
    o.symbol,
    w.due_at,
    o.recorded_at
from trade.open_orders as w
join trade.orders as o using (order_key, business_date)
join settlement.order_terms as t using (order_key, business_date)
where w.overdue_since is null
union all
select
    h.business_date,
    h.order_key,
    w.break_type,
    w.expected_value,
    w.actual_value,
    t.amount,
    t.currency,
    t.counterparty_id,
    t.symbol,
    h.held_since,
    h.held_since
from trade.held_orders as h
join settlement.order_terms as t using (order_key, business_date)
join settlement.wrong_order_terms as w using (order_key, business_date)
union all
select
    r.business_date,
    coalesce(r.order_id, concat_ws('/', r.topic, r.partition, r.message_offset)),
    'answer_without_order',
    concat_ws(', but the one of ', 'an order that waits', s.decision),
    r.response,
    null,
    null,
    r.counterparty_id,
    null,
    w.due_at,
    r.recorded_at
from trade.open_responses as w
join trade.order_responses as r using (topic, partition, message_offset)
left join lateral (
    select
        d.business_date,
        format(
            '%s was %s before', d.business_date,
            case d.outcome when 'CONFIRMED' then 'confirmed' else 'rejected' end
        ) as decision
    from trade.order_outcomes as d
    where d.order_key = r.order_id
      and d.business_date <= r.business_date
    order by d.business_date desc
    limit 1
) as s on true
where w.overdue_since is null
  -- an id names one order of a date: that one has its answer, and this says it again or contradicts
  and s.business_date is distinct from r.business_date
union all
select
    d.business_date,
    d.order_key,
    'order_conflict',
    concat_ws(', ', 'reason=' || a.reason, 'response=' || a.response),
    concat_ws(', ', 'reason=' || r.reason, 'response=' || r.response),
    null,
    null,
    r.counterparty_id,
    null,
    r.recorded_at,
    r.recorded_at
from trade.open_responses as w
join trade.order_responses as r using (topic, partition, message_offset)
join trade.order_outcomes as d
    on d.order_key = r.order_id
    and d.business_date = r.business_date
join trade.order_responses as a
    on (a.topic, a.partition, a.message_offset) = (d.topic, d.partition, d.message_offset)
where w.overdue_since is null
  and a.response <> r.response
union all
select
    c.business_date,
    c.order_id,
    'order_conflict',
    c.kept_terms,
    c.refused_terms,
    null,
    null,
    null,
    null,
    null,
    c.recorded_at
from trade.order_conflicts as c;
comment on view settlement.order_flaws is
    'Breaks of orders as they follow from the records; due_at: from when on it is one.';

create or replace view settlement.order_states as
select
    o.business_date,
    o.order_key,
    o.symbol,
    o.side,
    o.quantity,
    o.price,
    t.currency,
    o.counterparty_id,
    o.account,
    o.ordered_at,
    case
        when h.order_key is not null then 'HELD'
        when d.outcome is not null then d.outcome
        when w.overdue_since is null then 'WAITING'
        else 'OVERDUE'
    end as state,
    d.decided_at,
    t.amount
from trade.orders as o
join settlement.order_terms as t using (order_key, business_date)
left join trade.held_orders as h using (order_key, business_date)
left join trade.order_outcomes as d using (order_key, business_date)
left join trade.open_orders as w using (order_key, business_date);
comment on view settlement.order_states is
    'Every order with its state: WAITING, OVERDUE, HELD (confirmed on terms that cannot settle), '
    'CONFIRMED (and so settled) or REJECTED.';
