-- What was found is over; said by whoever knows it.
update control.alert_findings
set resolved_at = clock_timestamp(),
    resolution = %(resolution)s
where kind = %(kind)s
  and starts_with(finding_key, %(key_prefix)s)
  and resolved_at is null
