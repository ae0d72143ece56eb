-- Two drains of one topic store their batches one after the other.
select pg_advisory_xact_lock(hashtext('landing.offsets'), hashtext(%(topic)s))
