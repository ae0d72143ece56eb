-- Writers of instructions and events take turns: each decides by what the one before has written.
select pg_advisory_xact_lock(hashtext('settlement'))
