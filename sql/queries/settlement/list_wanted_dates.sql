-- Settlement dates of what can be instructed, and whether the date has instructions already.
select
    settlement_date,
    settlement.has_partition('instructions', settlement_date) as is_begun
from instruction_terms
where flaw is null
group by settlement_date
order by settlement_date
