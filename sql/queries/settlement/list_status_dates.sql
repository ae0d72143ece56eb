-- Of which settlement dates instructions have statuses that are looked at.
select distinct settlement_date
from told_instructions
order by 1
