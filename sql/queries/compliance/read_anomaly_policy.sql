-- The policy of the ranking in force on a date.
select score_above, points_min, kept_max
from reference.anomaly_policies
where effective_from <= %(business_date)s
order by effective_from desc
limit 1
