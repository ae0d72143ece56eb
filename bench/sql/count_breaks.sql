select
    break_type,
    count(*) as break_count
from recon.breaks
where status = 'OPEN'
group by break_type
