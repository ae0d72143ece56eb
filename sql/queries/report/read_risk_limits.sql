-- Limits and their use: breaches first, then by the share used.
select subject_kind, subject, limit_kind, currency, limit_amount, used_amount, is_breach, note
from report.risk_limits
where business_date = %(business_date)s
order by
    is_breach desc nulls last,
    used_amount / nullif(limit_amount, 0) desc nulls last,
    subject collate "C",
    limit_kind collate "C"
