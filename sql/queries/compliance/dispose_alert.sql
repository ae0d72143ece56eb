-- A person's decision about an alert; the database holds who may take it.
select compliance.dispose_alert(%(alert_id)s, %(to_state)s, %(actor)s, %(reason)s) as from_state
