-- The alerts that should be read first.
select
    place,
    rule,
    severity,
    subject_id,
    symbol,
    account,
    counterparty_id,
    state,
    evidence,
    disposed_by,
    disposition_reason
from report.compliance_alerts
where business_date = %(business_date)s
  and place <= %(rows_max)s
order by place
