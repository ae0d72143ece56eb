-- purpose: a conflicting record that comes again with the same content is a duplicate of the
--          conflict: counted, and kept as evidence once.
-- reads: trade.conflicts
-- writes: trade.conflicts, landing.duplicates
-- rerun: the first copy stays, and the others are duplicates already
-- parameters: batch_ids

with fresh as (
    select
        c.*,
        trade.business_terms(c.content) as terms
    from trade.conflicts as c
    where c.batch_id = any(%(batch_ids)s::bigint[])
),
repeated as (
    select f.*
    from fresh as f
    where exists (
        select
        from trade.conflicts as earlier
        where earlier.business_date = f.business_date
          and earlier.trade_id = f.trade_id
          and earlier.version = f.version
          and earlier.record_type = f.record_type
          and (earlier.batch_id, earlier.topic, earlier.partition, earlier.message_offset)
              < (f.batch_id, f.topic, f.partition, f.message_offset)
          and trade.business_terms(earlier.content) = f.terms
    )
),
settled as (
    delete from trade.conflicts as c
    using repeated as r
    where c.topic = r.topic
      and c.partition = r.partition
      and c.message_offset = r.message_offset
    returning c.topic, c.partition, c.message_offset
),
counted as (
    insert into landing.duplicates (
        topic, partition, message_offset, feed, batch_id, business_date, trade_id, version
    )
    select
        r.topic,
        r.partition,
        r.message_offset,
        r.feed,
        r.batch_id,
        r.business_date,
        r.trade_id,
        r.version
    from repeated as r
    join settled as s
        on s.topic = r.topic
        and s.partition = r.partition
        and s.message_offset = r.message_offset
    on conflict do nothing
    returning topic
)
select
    (select count(*) from fresh) as rows_in,
    (select count(*) from counted) as rows_out;
