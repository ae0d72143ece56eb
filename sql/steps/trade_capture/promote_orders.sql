-- purpose: accept the staged orders, to wait; the first of an id and business date stays.
-- reads: staging.orders, landing.message_blocks, reference.tolerances
-- writes: trade.orders, trade.open_orders, refused_orders (temporary)
-- rerun: append once: a row that is there stays, and what it refuses is found again
-- parameters: batch_ids

drop table if exists pg_temp.refused_orders;

create temporary table refused_orders (like staging.orders) on commit drop;

with incoming as (
    select
        s.*,
        coalesce(s.order_id, concat_ws('/', s.topic, s.partition, s.message_offset)) as order_key,
        coalesce(encode(m.message_key, 'escape'), '') as lane
    from staging.orders as s
    left join lateral landing.read_message(s.topic, s.partition, s.message_offset) as m on true
    where s.batch_id = any(%(batch_ids)s::bigint[])
),
accepted as (
    insert into trade.orders (
        business_date, order_key, order_id, lane, symbol, side, quantity, price, currency,
        counterparty_id, account, ordered_at, answer_form, flags, batch_id, topic, partition,
        message_offset, message_at, recorded_at
    )
    select
        business_date,
        order_key,
        order_id,
        lane,
        symbol,
        side,
        quantity,
        price,
        currency,
        counterparty_id,
        account,
        ordered_at,
        answer_form,
        flags,
        batch_id,
        topic,
        partition,
        message_offset,
        message_at,
        now()
    from incoming
    order by order_key, business_date, batch_id, topic, partition, message_offset
    on conflict (order_key, business_date) do nothing
    returning order_key, business_date, topic, partition, message_offset
),
opened as (
    insert into trade.open_orders (order_key, business_date, due_at)
    select a.order_key, a.business_date, now() + make_interval(secs => t.order_answer_seconds)
    from accepted as a
    cross join lateral (
        select order_answer_seconds
        from reference.tolerances
        where effective_from <= a.business_date
        order by effective_from desc
        limit 1
    ) as t
)
insert into refused_orders
select s.*
from staging.orders as s
where s.batch_id = any(%(batch_ids)s::bigint[])
  and not exists (
      select
      from accepted as a
      where (a.topic, a.partition, a.message_offset) = (s.topic, s.partition, s.message_offset)
  );

select
    count(*) as rows_in,
    count(*) - (select count(*) from refused_orders) as rows_out
from staging.orders
where batch_id = any(%(batch_ids)s::bigint[]);
