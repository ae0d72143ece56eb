-- The channel has taken the alert.
update control.alert_deliveries
set delivered_at = clock_timestamp(),
    last_error = null
where alert_id = %(alert_id)s
  and channel = %(channel)s
