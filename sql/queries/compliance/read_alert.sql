-- One alert as it stands.
select *
from compliance.current_alerts
where alert_id = %(alert_id)s
