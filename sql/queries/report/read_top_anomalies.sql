-- The most unusual trades; a ranking, not a verdict. score_above: the score from which the policy
-- of the date flags.
select
    rank, trade_id, score, is_flagged, components, symbol, counterparty_id, quantity, price,
    executed_at,
    (
        select score_above
        from reference.anomaly_policies
        where effective_from <= %(business_date)s
        order by effective_from desc
        limit 1
    ) as score_above
from report.top_anomalies
where business_date = %(business_date)s
  and rank <= %(rows_max)s
order by rank
