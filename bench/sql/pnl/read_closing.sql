select count(*), sum(quantity), sum(cash_flow_to_date_amount), sum(cost_amount)
from books.closing_positions
where business_date = %(business_date)s
