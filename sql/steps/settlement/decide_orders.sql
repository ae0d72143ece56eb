-- purpose: let the answers decide their orders; a decided order and its answer wait no more.
-- reads: paired_orders (temporary), trade.order_responses
-- writes: trade.order_outcomes, trade.open_orders, trade.open_responses
-- rerun: append once: an order that is decided stays so
-- parameters: run_id, as_of

insert into trade.order_outcomes (
    order_key, business_date, outcome, topic, partition, message_offset, decided_at, run_id
)
select
    p.order_key,
    p.business_date,
    case r.response when 'CONFIRM' then 'CONFIRMED' else 'REJECTED' end,
    r.topic,
    r.partition,
    r.message_offset,
    %(as_of)s,
    %(run_id)s
from paired_orders as p
join trade.order_responses as r using (topic, partition, message_offset)
on conflict (order_key, business_date) do nothing;

delete from trade.open_orders as w
using trade.order_outcomes as o
where (w.order_key, w.business_date) = (o.order_key, o.business_date);

delete from trade.open_responses as w
using paired_orders as p
where (w.topic, w.partition, w.message_offset) = (p.topic, p.partition, p.message_offset);

select
    (select count(*) from paired_orders) as rows_in,
    count(*) filter (where outcome = 'CONFIRMED') as rows_out
from paired_orders as p
join trade.order_outcomes as o
    on (o.order_key, o.business_date) = (p.order_key, p.business_date);
