-- On which dates the orders settle that settle now.
select distinct settlement_date
from settling_orders
order by 1
