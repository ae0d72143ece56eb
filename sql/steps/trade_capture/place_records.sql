-- purpose: give undated records the date of the nearest execution of their trade that is within
--          reach; where none is known yet they stand under their own date, and are listed.
-- reads: undated_records (temporary), trade.executions
-- writes: staging.confirmations, staging.pnl_snapshots, trade.unplaced_records,
--         trade.displaced_records
-- rerun: upsert changed: placed rows have an execution on their date and are not found again
-- parameters: batch_ids

drop table if exists pg_temp.placements;

create temporary table placements on commit drop as
select
    u.*,
    nearest.business_date as placed_date
from undated_records as u
left join lateral (
    select e.business_date
    from trade.executions as e
    where e.trade_id = u.trade_id
      and trade.is_within_reach(u.record_type, u.own_date, e.business_date)
    order by abs(e.business_date - u.own_date), e.business_date
    limit 1
) as nearest on true;

analyze placements;

update staging.confirmations as s
set business_date = p.placed_date
from placements as p
where s.batch_id = any(%(batch_ids)s::bigint[])
  and s.topic = p.topic
  and s.partition = p.partition
  and s.message_offset = p.message_offset
  and p.record_type = 'confirmation'
  and p.placed_date is not null;

update staging.pnl_snapshots as s
set business_date = p.placed_date
from placements as p
where s.batch_id = any(%(batch_ids)s::bigint[])
  and s.topic = p.topic
  and s.partition = p.partition
  and s.message_offset = p.message_offset
  and p.record_type = 'pnl_snapshot'
  and p.placed_date is not null;

insert into trade.unplaced_records (
    topic, partition, message_offset, record_type, trade_id, business_date
)
select topic, partition, message_offset, record_type, trade_id, own_date
from placements
where placed_date is null
on conflict do nothing;

insert into trade.displaced_records (
    topic, partition, message_offset, record_type, trade_id, own_date, business_date
)
select topic, partition, message_offset, record_type, trade_id, own_date, placed_date
from placements
where placed_date is not null
on conflict do nothing;

select
    count(*) as rows_in,
    count(placed_date) as rows_out
from placements;
