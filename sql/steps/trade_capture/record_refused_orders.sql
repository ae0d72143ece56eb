-- purpose: tell refused orders and answers apart: the same content again is a duplicate, other
--          content a conflict.
-- reads: refused_orders, refused_order_responses (temporary), trade.orders, trade.order_responses
-- writes: landing.duplicates, trade.order_conflicts
-- rerun: append once, by message
-- parameters: none

drop table if exists pg_temp.judged_orders;

create temporary table judged_orders on commit drop as
with refused as (
    select
        r.topic,
        r.partition,
        r.message_offset,
        r.feed,
        r.batch_id,
        r.business_date,
        r.order_id,
        to_jsonb(r) as content,
        to_jsonb(k) as kept
    from refused_orders as r
    join trade.orders as k
        on k.order_key = r.order_id
        and k.business_date = r.business_date
    union all
    select
        r.topic,
        r.partition,
        r.message_offset,
        r.feed,
        r.batch_id,
        r.business_date,
        r.order_id,
        to_jsonb(r),
        to_jsonb(k)
    from refused_order_responses as r
    join trade.order_responses as k
        on k.order_id = r.order_id
        and k.business_date = r.business_date
)
select
    r.topic,
    r.partition,
    r.message_offset,
    r.feed,
    r.batch_id,
    r.business_date,
    r.order_id,
    r.content,
    terms.kept_terms,
    terms.refused_terms
from refused as r
cross join lateral trade.differing_order_terms(r.kept, r.content) as terms
-- a row that is refused because it is there already
where (r.kept -> 'topic', r.kept -> 'partition', r.kept -> 'message_offset')
    is distinct from (
        r.content -> 'topic', r.content -> 'partition', r.content -> 'message_offset'
    );

insert into landing.duplicates (
    topic, partition, message_offset, feed, batch_id, business_date, trade_id, version
)
select topic, partition, message_offset, feed, batch_id, business_date, order_id, 1
from judged_orders
where refused_terms is null
on conflict do nothing;

insert into trade.order_conflicts
select *, now()
from judged_orders
where refused_terms is not null
on conflict do nothing;

select
    (select count(*) from refused_orders) + (select count(*) from refused_order_responses)
        as rows_in,
    count(*) as rows_out
from judged_orders;
