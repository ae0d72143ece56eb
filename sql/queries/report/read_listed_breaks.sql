-- Open breaks with the largest exposure of each type.
select
    break_type,
    exposure_rank,
    trade_id,
    expected_value,
    actual_value,
    delta,
    delta_unit,
    exposure_amount,
    currency,
    counterparty_id,
    symbol,
    opened_at
from report.listed_breaks
where business_date = %(business_date)s
  and exposure_rank <= %(rows_max)s
order by break_type collate "C", exposure_rank
