-- purpose: write down that records moved: counts, lists, and that both places are to be compared
--          again.
-- reads: moving_records, moved_confirmations, moved_pnl_snapshots (temporary)
-- writes: control.received_counts, landing.duplicates, trade.unplaced_records,
--         trade.displaced_records, recon.matches (rows removed), recon.pending
-- rerun: once per move: a record that has moved is no longer listed
-- parameters: business_dates (every date that records move from or to)

insert into control.received_counts (batch_id, feed, business_date, received_count)
with counted as (
    -- every message counts where its batch counted it, whatever became of it
    select b.batch_id, m.topic as feed, m.from_date, m.to_date
    from moving_records as m
    join landing.batch_ranges as b
        on b.topic = m.topic
        and b.partition = m.partition
        and m.message_offset >= b.first_offset
        and m.message_offset < b.end_offset
)
select batch_id, feed, from_date, -count(*)
from counted
where from_date <> to_date
group by batch_id, feed, from_date
union all
select batch_id, feed, to_date, count(*)
from counted
where from_date <> to_date
group by batch_id, feed, to_date;

update landing.duplicates as d
set business_date = m.to_date
from moving_records as m
where d.topic = m.topic
  and d.partition = m.partition
  and d.message_offset = m.message_offset;

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

delete from recon.matches as t
using moving_records as m
where t.business_date = any(%(business_dates)s::date[])
  and t.business_date in (m.from_date, m.to_date)
  and t.trade_id = m.trade_id;

insert into recon.pending (business_date, trade_id, due_at)
select distinct on (trade_id, business_date) business_date, trade_id, 'epoch'::timestamptz
from (
    select from_date as business_date, trade_id from moving_records
    union all
    select business_date, trade_id from moved_confirmations
    union all
    select business_date, trade_id from moved_pnl_snapshots
) as touched
on conflict (trade_id, business_date) do update set due_at = excluded.due_at;

select count(*) as rows_in, count(*) as rows_out
from moving_records;
