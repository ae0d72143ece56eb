-- Dates up to one whose executions or allocations came or changed since their flows were built, and that
-- one itself.
with traded as (
    select distinct business_date
    from control.received_counts
    where feed in ('executions', 'trades')
      and business_date <= %(business_date)s
)
select t.business_date
from traded as t
left join risk.flow_dates as d on d.business_date = t.business_date
where d.input_count is distinct from risk.count_flow_inputs(t.business_date)
union
select %(business_date)s
order by 1
