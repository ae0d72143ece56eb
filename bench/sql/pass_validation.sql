update landing.batches
set status = 'VALIDATED'
where status = 'DRAINED'
