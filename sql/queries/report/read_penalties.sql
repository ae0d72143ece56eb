-- What fails cost in the month up to the day before, by counterparty and currency: a day's fails are
-- charged by the next cycle, so that closing the date again says the same.
select
    counterparty_id,
    currency,
    count(*) as penalty_count,
    count(*) filter (where lacking is not null) as unpriced_count,
    coalesce(sum(amount) filter (where payer = 'COUNTERPARTY'), 0) as owed_to_us,
    coalesce(sum(amount) filter (where payer = 'HOUSE'), 0) as owed_by_us,
    coalesce(sum(our_amount), 0) as net_amount
from settlement.current_penalties
where penalty_date >= date_trunc('month', %(business_date)s::date - 1)
  and penalty_date < %(business_date)s
group by counterparty_id, currency
order by counterparty_id collate "C", currency collate "C"
