-- Executions per hour.
select hour_at, sum(trade_count) as trade_count
from pack_trade_groups
where hour_at is not null
group by hour_at
order by hour_at
