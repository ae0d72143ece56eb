-- Business dates with trades that a break of settlement keeps from being instructed.
select distinct business_date
from settlement.breaks
where status = 'OPEN'
  and subject_kind in ('TRADE', 'STANDING_INSTRUCTION')
order by business_date
