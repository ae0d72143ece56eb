-- Months of which something was stated on a date.
select distinct statement_month
from settlement.penalty_statements
where stated_on = %(business_date)s
order by statement_month
