-- What is wrong with orders and their answers, and where every order stands.

create or replace view settlement.order_flaws as
select
    o.business_date,
    o.order_key as subject_id,
    'order_rejected' as break_type,
    'CONFIRM' as expected_value,
    concat_ws(': ', 'REJECT', r.reason) as actual_value,
    o.price * o.quantity as exposure_amount,
    o.currency,
    o.counterparty_id,
    o.symbol,
    null::timestamptz as due_at,
    d.decided_at as known_at
from trade.order_outcomes as d
join trade.orders as o using (order_key, business_date)
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
    o.price * o.quantity,
    o.currency,
    o.counterparty_id,
    o.symbol,
    w.due_at,
    o.recorded_at
from trade.open_orders as w
join trade.orders as o using (order_key, business_date)
where w.overdue_since is null
union all
select
    r.business_date,
    coalesce(r.order_id, concat_ws('/', r.topic, r.partition, r.message_offset)),
    'answer_without_order',
    'an order that waits',
    r.response,
    null,
    null,
    r.counterparty_id,
    null,
    w.due_at,
    r.recorded_at
from trade.open_responses as w
join trade.order_responses as r using (topic, partition, message_offset)
where w.overdue_since is null
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
    o.currency,
    o.counterparty_id,
    o.account,
    o.ordered_at,
    coalesce(d.outcome, case when w.overdue_since is null then 'WAITING' else 'OVERDUE' end) as state,
    d.decided_at
from trade.orders as o
left join trade.order_outcomes as d using (order_key, business_date)
left join trade.open_orders as w using (order_key, business_date);
comment on view settlement.order_states is
    'Every order with its state: WAITING, OVERDUE, CONFIRMED (and so settled) or REJECTED.';
