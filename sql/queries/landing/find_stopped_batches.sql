-- Stopped batches that hold a record of a business date, or one whose date is not certain yet:
-- closing the date without them would leave records out.
select
    b.batch_id,
    b.feed,
    coalesce(b.status_reason, '') as status_reason
from landing.batches as b
where b.status = 'STOPPED'
  and (
      exists (
          select from staging.executions as s
          where s.batch_id = b.batch_id
            and s.business_date = %(business_date)s
      )
      or exists (
          select from staging.confirmations as s
          where s.batch_id = b.batch_id
            and (s.business_date = %(business_date)s or not s.is_date_stated)
      )
      or exists (
          select from staging.pnl_snapshots as s
          where s.batch_id = b.batch_id
            and (s.business_date = %(business_date)s or not s.is_date_stated)
      )
  )
order by b.batch_id
