-- Alerts by rule and state, beside how many subjects the rule looked at.
with checked as (
    select
        rule,
        sum(subject_count) filter (where is_checked) as checked_count,
        sum(subject_count) filter (where not is_checked) as unchecked_count,
        string_agg(outcome, ', ' order by outcome) filter (where not is_checked) as reasons
    from report.compliance_coverage
    where business_date = %(business_date)s
    group by rule
),
alerts as (
    select
        rule,
        count(*) filter (where state = 'OPEN') as open_count,
        count(*) filter (where state = 'ESCALATED') as escalated_count,
        count(*) filter (where state like 'CLOSED%%') as closed_count,
        count(*) filter (where state = 'WITHDRAWN') as withdrawn_count
    from report.compliance_alerts
    where business_date = %(business_date)s
    group by rule
)
select
    rule,
    coalesce(c.checked_count, 0) as checked_count,
    coalesce(c.unchecked_count, 0) as unchecked_count,
    c.reasons,
    starts_with(rule, 'anomaly_') as is_ranking,
    coalesce(a.open_count, 0) as open_count,
    coalesce(a.escalated_count, 0) as escalated_count,
    coalesce(a.closed_count, 0) as closed_count,
    coalesce(a.withdrawn_count, 0) as withdrawn_count
from checked as c
full join alerts as a using (rule)
order by rule collate "C"
