-- Settlement dates on which the gross of the nets to look at may lie.
select distinct d.settlement_date
from settlement.netted_dates as d
join changing_nets as n using (net_instruction_id)
order by d.settlement_date
