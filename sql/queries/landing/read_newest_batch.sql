-- The batch that was drained last.
select max(batch_id)
from landing.batches
