-- Batches up to one that are still on their way; a stopped one waits for a person and does not count.
select count(*)
from landing.batches
where status in ('DRAINED', 'VALIDATED', 'PROMOTED')
  and batch_id <= %(newest_batch_id)s
