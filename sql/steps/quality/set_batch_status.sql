-- Purpose: move a drained batch on, or stop it with the reason.
-- Reads: landing.batches
-- Writes: landing.batches
-- Rerun: only a batch that is DRAINED moves
-- Parameters: batch_id, status, status_reason
with moved as (
    update landing.batches as batches
    set
        status = %(status)s,
        status_reason = %(status_reason)s
    where
        batches.batch_id = %(batch_id)s
        and batches.status = 'DRAINED'
    returning 1
)
select
    1 as rows_in,
    count(*) as rows_out
from moved;
