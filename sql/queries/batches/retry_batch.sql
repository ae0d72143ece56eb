-- A stopped batch goes back to be validated again.
update landing.batches
set status = 'DRAINED',
    status_reason = null
where batch_id = %(batch_id)s
