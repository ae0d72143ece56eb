-- The channel has not taken the alert; after the last attempt it is given up.
update control.alert_deliveries
set last_error = %(error)s,
    next_attempt_at = greatest(
        next_attempt_at, clock_timestamp() + make_interval(secs => %(pause_s)s)
    ),
    given_up_at = case
        when attempt_count >= %(attempts_max)s or %(is_final)s then clock_timestamp()
    end
where alert_id = %(alert_id)s
  and channel = %(channel)s
