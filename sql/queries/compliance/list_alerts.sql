-- Alerts as they stand, of a date, rule or state, those that wait for somebody first.
select
    alert_id, business_date, rule, severity, subject_kind, subject_id, symbol, account,
    counterparty_id, state, evidence, opened_at, disposed_by, disposed_at, disposition_reason,
    is_restated_since, withdrawn_reason
from compliance.current_alerts
where (%(business_date)s::date is null or business_date = %(business_date)s)
  and (%(rule)s::text is null or rule = %(rule)s)
  and (%(state)s::text is null or state = %(state)s)
order by
    state in ('OPEN', 'ESCALATED') desc,
    business_date desc,
    array_position(array['HIGH', 'MEDIUM', 'LOW'], severity),
    rule,
    subject_id collate "C"
limit %(row_limit)s
