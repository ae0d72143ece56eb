-- A few of the settlements that do not move what was instructed.
select place
from settlement.unlike_first_events
where settlement_date = any(%(settlement_dates)s::date[])
order by place
limit 5
