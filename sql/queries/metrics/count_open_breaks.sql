-- Open breaks by type and currency, with the money at risk and the instant of the oldest.
select
    break_type,
    coalesce(currency, '') as currency,
    count(*) as breaks,
    coalesce(sum(exposure_amount), 0) as exposure_amount,
    extract(epoch from min(opened_at))::float8 as oldest_at
from recon.all_breaks
where status = 'OPEN'
group by break_type, coalesce(currency, '')
