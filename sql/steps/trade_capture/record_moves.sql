-- purpose: both places of moving records are to be compared again; their duplicates go along.
-- reads: moving_records, moved_confirmations, moved_pnl_snapshots (temporary)
-- writes: landing.duplicates, recon.matches (rows removed), recon.pending
-- rerun: upsert changed
-- parameters: business_dates (every date that records move from or to)

update landing.duplicates as d
set business_date = m.to_date
from moving_records as m
where d.topic = m.topic
  and d.partition = m.partition
  and d.message_offset = m.message_offset;

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
