-- A batch that a person refused is finished.
update landing.batches
set status = 'REJECTED',
    status_reason = %(detail)s,
    finished_at = now()
where batch_id = %(batch_id)s
