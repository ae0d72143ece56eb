-- purpose: find which waiting answer belongs to which waiting order, each once. An answer that
--          names an order belongs to the order of that id and its own date, else to the newest
--          before; one that names none belongs to the oldest order that waits in its lane.
-- reads: trade.open_orders, trade.open_responses, trade.orders, trade.order_responses
-- writes: paired_orders (temporary), trade.open_orders, trade.open_responses (looked at)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.paired_orders;

create temporary table paired_orders on commit drop as
with waiting_orders as (
    select o.*
    from trade.open_orders as w
    join trade.orders as o using (order_key, business_date)
),
waiting_responses as (
    select r.*
    from trade.open_responses as w
    join trade.order_responses as r using (topic, partition, message_offset)
),
named as (
    select distinct on (o.order_key, o.business_date)
        o.order_key,
        o.business_date,
        r.topic,
        r.partition,
        r.message_offset
    from waiting_responses as r
    cross join lateral (
        select w.order_key, w.business_date
        from waiting_orders as w
        where w.order_id = r.order_id
          and w.business_date <= r.business_date
        order by w.business_date desc
        limit 1
    ) as o
    order by o.order_key, o.business_date, r.message_at, r.topic, r.partition, r.message_offset
),
orders_in_turn as (
    select
        o.*,
        row_number() over (
            partition by o.lane order by o.message_at, o.topic, o.partition, o.message_offset
        ) as turn
    from waiting_orders as o
    where not exists (
        select
        from named as n
        where (n.order_key, n.business_date) = (o.order_key, o.business_date)
    )
),
responses_in_turn as (
    select
        r.*,
        row_number() over (
            partition by r.lane order by r.message_at, r.topic, r.partition, r.message_offset
        ) as turn
    from waiting_responses as r
    where r.order_id is null
)
select order_key, business_date, topic, partition, message_offset
from named
union all
select o.order_key, o.business_date, r.topic, r.partition, r.message_offset
from orders_in_turn as o
join responses_in_turn as r using (lane, turn);

update trade.open_orders set is_new = false where is_new;

update trade.open_responses set is_new = false where is_new;

select
    (select count(*) from trade.open_responses) as rows_in,
    count(*) as rows_out
from paired_orders;
