-- One load at a time.
select pg_advisory_xact_lock(hashtext('reference_data'))
