-- One publisher at a time; the lock lasts as long as the transaction.
select pg_try_advisory_xact_lock(hashtext('outbox.messages'))
