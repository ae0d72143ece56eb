-- Charged dates that got records or rates since, the oldest first, up to a limit.
select c.business_date
from settlement.charged_dates as c
where c.input_count < (
    select count(*)
    from control.received_counts as r
    where r.business_date = c.business_date
)
   or c.rate_count < settlement.count_fee_rates(c.business_date)
order by c.business_date
limit %(dates_max)s
