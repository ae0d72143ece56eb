-- Ends this session's claim: a drain that waits takes its turn, first come first served.
select pg_advisory_unlock(hashtext('posttrade.drain'))
