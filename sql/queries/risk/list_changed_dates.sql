-- Dates up to one whose executions came or changed since their flows were built, and that one itself.
select r.business_date
from control.received_counts as r
left join risk.flow_dates as d on d.business_date = r.business_date
where r.feed in ('executions', 'trades')
  and r.business_date <= %(business_date)s
group by r.business_date, d.input_count
having count(*) is distinct from d.input_count
union
select %(business_date)s
order by 1
