-- The tolerances in force on the date.
select
    effective_from,
    quantity_delta_max,
    price_delta_max,
    timestamp_delta_ms_max,
    pnl_delta_limit
from reference.tolerances
where effective_from <= %(business_date)s
order by effective_from desc
limit 1
