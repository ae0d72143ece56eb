-- A validated batch that cannot be promoted waits for a person.
update landing.batches
set status = 'STOPPED',
    status_reason = %(status_reason)s
where batch_id = %(batch_id)s
  and status = 'VALIDATED'
