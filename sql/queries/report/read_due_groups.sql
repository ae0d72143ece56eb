-- What was due on the date, by market and currency, as it stood at the end of the date. What was netted
-- moves with the legs of its net, which stand below a market of their own.
select
    case when purpose in ('NET', 'MARK') then 'NETS' else coalesce(market_id, 'none') end
        as market_id,
    currency,
    purpose in ('NET', 'MARK') as is_net,
    count(*) as due_count,
    count(*) filter (where state = 'NETTED') as netted_count,
    count(*) filter (where state = 'SETTLED') as settled_count,
    count(*) filter (where state = 'PARTIALLY_SETTLED') as partial_count,
    count(*) filter (where state = 'FAILING') as failing_count,
    count(*) filter (where state in ('INSTRUCTED', 'MATCHED', 'PENDING')) as open_count,
    coalesce(sum(due_amount) filter (where state <> 'NETTED'), 0) as due_amount,
    sum(settled_amount) as settled_amount
from report.due_instructions
where settlement_date = %(business_date)s
  and state <> 'CANCELLED'
  and purpose <> 'SPLIT'
group by 1, currency, purpose in ('NET', 'MARK')
order by is_net, 1, currency collate "C"
