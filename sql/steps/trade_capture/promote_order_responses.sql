-- purpose: accept the staged answers to orders; the first of a stated order id and business date
--          stays. Each waits for its order from now on.
-- reads: staging.order_responses, landing.message_blocks, reference.tolerances
-- writes: trade.order_responses, trade.open_responses, refused_order_responses (temporary)
-- rerun: append once: a row that is there stays, and what it refuses is found again
-- parameters: batch_ids

drop table if exists pg_temp.refused_order_responses;

create temporary table refused_order_responses (like staging.order_responses) on commit drop;

with accepted as (
    insert into trade.order_responses (
        business_date, order_id, lane, response, reason, counterparty_id, responded_at, flags,
        batch_id, topic, partition, message_offset, message_at, recorded_at
    )
    select
        s.business_date,
        s.order_id,
        coalesce(encode(m.message_key, 'escape'), ''),
        s.response,
        s.reason,
        s.counterparty_id,
        s.responded_at,
        s.flags,
        s.batch_id,
        s.topic,
        s.partition,
        s.message_offset,
        s.message_at,
        now()
    from staging.order_responses as s
    left join lateral landing.read_message(s.topic, s.partition, s.message_offset) as m on true
    where s.batch_id = any(%(batch_ids)s::bigint[])
    order by s.batch_id, s.topic, s.partition, s.message_offset
    on conflict do nothing
    returning business_date, topic, partition, message_offset
),
opened as (
    insert into trade.open_responses (topic, partition, message_offset, due_at)
    select
        a.topic,
        a.partition,
        a.message_offset,
        now() + make_interval(secs => t.order_answer_seconds)
    from accepted as a
    cross join lateral (
        select order_answer_seconds
        from reference.tolerances
        where effective_from <= a.business_date
        order by effective_from desc
        limit 1
    ) as t
)
insert into refused_order_responses
select s.*
from staging.order_responses as s
where s.batch_id = any(%(batch_ids)s::bigint[])
  and not exists (
      select
      from accepted as a
      where (a.topic, a.partition, a.message_offset) = (s.topic, s.partition, s.message_offset)
  );

select
    count(*) as rows_in,
    count(*) - (select count(*) from refused_order_responses) as rows_out
from staging.order_responses
where batch_id = any(%(batch_ids)s::bigint[]);
