-- One drain at a time: a second one waits here. The claim is the session's, so that it ends with the
-- process that holds it, however that ends.
select
    set_config('lock_timeout', %(wait_ms)s::text, false),
    pg_advisory_lock(hashtext('posttrade.drain'))
