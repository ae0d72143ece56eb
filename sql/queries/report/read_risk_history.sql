-- The firm's value at risk and what was made or lost, over the last year of closed dates.
select business_date, value_at_risk_amount, hypothetical_pnl_amount, is_exception
from report.value_at_risk
where subject_kind = 'FIRM'
  and business_date between %(business_date)s::date - 365 and %(business_date)s
  and value_at_risk_amount is not null
order by business_date
