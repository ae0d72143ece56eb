-- When the watch last looked, and what waits for people.
select
    (
        select extract(epoch from now() - last_round_at)::integer
        from control.watch_rounds
        where watch = 'round'
    ) as silence_seconds,
    (
        select count(*)
        from landing.batches
        where status not in ('RECONCILED', 'REJECTED')
          and status = 'STOPPED'
    ) as stopped_batches,
    (
        select count(*)
        from control.alert_deliveries
        where delivered_at is null
          and last_error is distinct from 'not set up'
          and next_attempt_at < now() + interval '1 hour'
    ) as undelivered_alerts
