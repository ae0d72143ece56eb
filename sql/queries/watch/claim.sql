-- One watch at a time decides; the lock lasts as long as the transaction.
select pg_try_advisory_xact_lock(hashtext('control.watch_rounds'))
