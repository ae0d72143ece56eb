-- What became of an alert, in sequence.
select sequence, event, from_state, to_state, actor, reason, evidence, run_id, occurred_at
from compliance.alert_events
where alert_id = %(alert_id)s
order by sequence
