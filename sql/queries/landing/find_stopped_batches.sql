-- Stopped batches that hold a record or a refused message of a business date, or one whose date is
-- not certain yet: closing the date without them would leave it out.
select
    b.batch_id,
    b.feed,
    coalesce(b.status_reason, '') as status_reason
from landing.batches as b
where b.status = 'STOPPED'
  and (
      exists (
          select from staging.records as s
          where s.batch_id = b.batch_id
            and (s.business_date = %(business_date)s or not s.is_date_stated)
      )
      or exists (
          select
          from landing.batch_ranges as g
          join landing.rejects as r
              on r.topic = g.topic
              and r.partition = g.partition
              and r.message_offset >= g.first_offset
              and r.message_offset < g.end_offset
          where g.batch_id = b.batch_id
            and (r.business_date = %(business_date)s or not r.is_date_stated)
      )
  )
order by b.batch_id
