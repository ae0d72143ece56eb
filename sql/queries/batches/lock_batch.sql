-- A batch's status, held until the transaction ends.
select status
from landing.batches
where batch_id = %(batch_id)s
for update
