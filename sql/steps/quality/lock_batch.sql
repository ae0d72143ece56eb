-- Purpose: read a batch and hold its row, so that no one else judges it meanwhile.
-- Reads: landing.batches
-- Writes: nothing
-- Rerun: reads only
-- Parameters: batch_id
select
    batches.batch_id,
    batches.feed,
    batches.status,
    batches.status_reason,
    batches.staged_count
from landing.batches as batches
where batches.batch_id = %(batch_id)s
for no key update;
