-- Instructions of a settlement date by where they stand, in the order of the life cycle; and what
-- of earlier dates settled on it.
select
    -- what was netted moves with the legs of its net, which are counted beside it
    case when net_instruction_id is null then lower(state) else 'netted' end as state,
    count(*) as instruction_count
from settlement.instruction_states
where settlement_date = %(business_date)s
group by 1
union all
select 'settled_late', count(*)
from settlement.events
where effective_on = %(business_date)s
  and settlement_date < %(business_date)s
  and settlement_date >= %(business_date)s::date - 400
  and to_state = 'SETTLED'
having count(*) > 0
order by instruction_count desc, state
