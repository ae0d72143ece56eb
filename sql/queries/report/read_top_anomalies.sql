-- The most unusual trades; a ranking, not a verdict.
select rank, trade_id, score, is_flagged, components, symbol, counterparty_id, quantity, price
from report.top_anomalies
where business_date = %(business_date)s
  and rank <= %(rows_max)s
order by rank
