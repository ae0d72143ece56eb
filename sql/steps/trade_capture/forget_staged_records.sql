-- purpose: clear staging of the batches that are compared, and finish them.
-- reads: landing.batches
-- writes: staging.records (each kind), landing.batches
-- rerun: nothing is left to do
-- parameters: batch_ids

delete from staging.records where batch_id = any(%(batch_ids)s::bigint[]);

update landing.batches
set status = 'RECONCILED',
    finished_at = now()
where batch_id = any(%(batch_ids)s::bigint[])
  and status = 'PROMOTED';

select count(*) as rows_in, count(*) as rows_out
from landing.batches
where batch_id = any(%(batch_ids)s::bigint[]);
