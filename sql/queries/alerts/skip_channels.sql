-- Channels that are not set up: their deliveries are given up at once, and say so.
update control.alert_deliveries
set given_up_at = clock_timestamp(),
    last_error = 'not set up'
where delivered_at is null
  and given_up_at is null
  and channel = any(%(channels)s::text[])
