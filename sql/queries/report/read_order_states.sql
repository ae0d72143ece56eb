-- Orders of the date by state and currency.
select state, currency, count(*) as order_count, sum(amount) as order_amount
from settlement.order_states
where business_date = %(business_date)s
group by state, currency
order by state, currency collate "C"
