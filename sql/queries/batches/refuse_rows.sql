-- Every staged row of a batch becomes a reject of the person who refused it, and so does every
-- message of it of which neither a row nor a reject is left.
with subjects as (
    select topic, partition, message_offset, subject_id
    from staging.subjects
    where batch_id = %(batch_id)s
),
refused as (
    delete from staging.records
    where batch_id = %(batch_id)s
    returning feed, topic, partition, message_offset, business_date, is_date_stated, trade_id
),
all_refused as (
    select
        r.feed,
        r.topic,
        r.partition,
        r.message_offset,
        r.business_date,
        r.is_date_stated,
        coalesce(r.trade_id, o.subject_id) as trade_id
    from refused as r
    left join subjects as o using (topic, partition, message_offset)
),
lost as (
    select
        b.topic as feed,
        b.topic,
        b.partition,
        m.message_offset,
        (m.message_at at time zone 'UTC')::date as business_date,
        false as is_date_stated,
        null as trade_id
    from landing.batch_ranges as b
    cross join lateral landing.read_messages(
        b.topic, b.partition, b.first_offset, b.end_offset
    ) as m
    where b.batch_id = %(batch_id)s
      and not exists (
          select
          from landing.rejects as r
          where r.topic = b.topic
            and r.partition = b.partition
            and r.message_offset = m.message_offset
      )
      and not exists (
          select
          from all_refused as a
          where a.topic = b.topic
            and a.partition = b.partition
            and a.message_offset = m.message_offset
      )
)
insert into landing.rejects (
    feed, topic, partition, message_offset, batch_id, business_date, is_date_stated, stage,
    reason, detail, trade_id, payload
)
select
    r.feed,
    r.topic,
    r.partition,
    r.message_offset,
    %(batch_id)s,
    r.business_date,
    r.is_date_stated,
    'person',
    'batch_refused',
    %(detail)s,
    r.trade_id,
    m.payload
from (select * from all_refused union all select * from lost) as r
left join lateral landing.read_message(r.topic, r.partition, r.message_offset) as m on true
