-- What was due on the date, by market and currency, as it stood at the end of the date.
select
    coalesce(market_id, 'none') as market_id,
    currency,
    count(*) as due_count,
    count(*) filter (where state = 'SETTLED') as settled_count,
    count(*) filter (where state = 'NETTED') as netted_count,
    count(*) filter (where state = 'PARTIALLY_SETTLED') as partial_count,
    count(*) filter (where state = 'FAILING') as failing_count,
    count(*) filter (where state in ('INSTRUCTED', 'MATCHED', 'PENDING')) as open_count,
    sum(due_amount) as due_amount,
    sum(case state when 'NETTED' then due_amount else settled_amount end) as settled_amount
from report.due_instructions
where settlement_date = %(business_date)s
  and state <> 'CANCELLED'
group by coalesce(market_id, 'none'), currency
order by 1, currency collate "C"
