-- Business dates with blocks or allocations that can still settle on a date.
select business_date
from settlement.blocks
where business_date between %(effective_on)s::date - %(settlement_reach_days)s and %(effective_on)s
union
select business_date
from trade.allocations
where business_date between %(effective_on)s::date - %(settlement_reach_days)s and %(effective_on)s
order by business_date
