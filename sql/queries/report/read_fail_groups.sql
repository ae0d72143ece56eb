-- What failed on the date, by age and reason.
select
    age_bucket,
    min(age_business_days) as age_min,
    reason,
    currency,
    count(*) as fail_count,
    coalesce(sum(open_amount), 0) as open_amount
from settlement.fails
where as_of_date = %(business_date)s
group by age_bucket, reason, currency
order by age_min, reason collate "C", currency collate "C"
