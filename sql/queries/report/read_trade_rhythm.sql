-- Executions per hour.
select hour_at, trade_count
from report.trade_rhythm
where business_date = %(business_date)s
order by hour_at
