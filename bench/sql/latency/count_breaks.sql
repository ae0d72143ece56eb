-- The date's breaks by type.
select break_type, count(*)
from recon.breaks
where business_date = %(business_date)s
  and status = 'OPEN'
group by break_type
