-- What the date's fails cost by counterparty and currency, and the month up to the date.
select
    counterparty_id,
    currency,
    count(*) filter (where penalty_date = %(business_date)s) as penalty_count,
    count(*) filter (where penalty_date = %(business_date)s and lacking is not null)
        as unpriced_count,
    coalesce(sum(amount) filter (
        where penalty_date = %(business_date)s and payer = 'COUNTERPARTY'
    ), 0) as owed_to_us,
    coalesce(sum(amount) filter (
        where penalty_date = %(business_date)s and payer = 'HOUSE'
    ), 0) as owed_by_us,
    coalesce(sum(our_amount), 0) as month_net_amount
from settlement.current_penalties
where penalty_date between date_trunc('month', %(business_date)s::date) and %(business_date)s
group by counterparty_id, currency
order by counterparty_id collate "C", currency collate "C"
