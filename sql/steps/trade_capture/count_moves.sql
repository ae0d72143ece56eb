-- purpose: take moving records from their old date's received count, add them to the new date's,
--          and list where they stand now.
-- reads: moving_records, lifted_records (temporary), landing.duplicates, landing.batch_ranges
-- writes: control.received_counts, trade.unplaced_records, trade.displaced_records
-- rerun: once per move: a record that has moved is no longer listed where it came from
-- parameters: none

-- whose record is gone is counted elsewhere, among the rejects
delete from moving_records as m
where (m.topic, m.partition, m.message_offset) not in (
    select l.content ->> 'topic', (l.content ->> 'partition')::integer,
        (l.content ->> 'message_offset')::bigint
    from lifted_records as l
)
and not exists (
    select
    from landing.duplicates as d
    where d.topic = m.topic
      and d.partition = m.partition
      and d.message_offset = m.message_offset
);

insert into control.received_counts (batch_id, feed, business_date, received_count)
with counted as (
    select b.batch_id, m.topic as feed, m.from_date, m.to_date
    from moving_records as m
    cross join lateral (
        select r.batch_id
        from landing.batch_ranges as r
        where r.topic = m.topic
          and r.partition = m.partition
          and r.first_offset <= m.message_offset
        order by r.first_offset desc
        limit 1
    ) as b
    where m.from_date <> m.to_date
      and m.from_date in (
          select u.business_date
          from trade.unplaced_records as u
          where u.topic = m.topic
            and u.partition = m.partition
            and u.message_offset = m.message_offset
          union all
          select d.business_date
          from trade.displaced_records as d
          where d.topic = m.topic
            and d.partition = m.partition
            and d.message_offset = m.message_offset
      )
)
select batch_id, feed, from_date, -count(*)
from counted
group by batch_id, feed, from_date
union all
select batch_id, feed, to_date, count(*)
from counted
group by batch_id, feed, to_date;

delete from trade.unplaced_records as u
using moving_records as m
where u.topic = m.topic
  and u.partition = m.partition
  and u.message_offset = m.message_offset;

delete from trade.displaced_records as d
using moving_records as m
where d.topic = m.topic
  and d.partition = m.partition
  and d.message_offset = m.message_offset;

insert into trade.displaced_records (
    topic, partition, message_offset, record_type, trade_id, own_date, business_date
)
select topic, partition, message_offset, record_type, trade_id, own_date, to_date
from moving_records
where to_date <> own_date
on conflict do nothing;

select count(*) as rows_in, count(*) filter (where from_date <> to_date) as rows_out
from moving_records;
