-- The next delivery that is due, with its attempt counted before it is made: a crash during it puts it
-- off and never loses it. A second deliverer passes over it.
with due as (
    select alert_id, channel
    from control.alert_deliveries
    where next_attempt_at <= clock_timestamp()
      and delivered_at is null
      and given_up_at is null
      and channel = any(%(channels)s::text[])
    order by next_attempt_at, alert_id
    limit 1
    for update skip locked
),
claimed as (
    update control.alert_deliveries as d
    set attempt_count = d.attempt_count + 1,
        next_attempt_at = clock_timestamp() + make_interval(
            secs => least(
                %(first_pause_s)s * power(2, d.attempt_count), %(longest_pause_s)s
            )
        )
    from due
    where d.alert_id = due.alert_id
      and d.channel = due.channel
    returning d.alert_id, d.channel, d.attempt_count
)
select
    c.alert_id,
    c.channel,
    c.attempt_count,
    a.kind,
    a.item_count,
    a.facts,
    a.raised_at
from claimed as c
join control.alerts as a on a.alert_id = c.alert_id
