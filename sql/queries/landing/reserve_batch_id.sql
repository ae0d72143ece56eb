-- The id of a batch that is about to be read: its rows carry it before the batch is stored.
select nextval(pg_get_serial_sequence('landing.batches', 'batch_id'))
