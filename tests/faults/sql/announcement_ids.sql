-- The ids under which each accepted execution and each confirmed order is told to others.
select concat_ws('/', 'enriched-trades', business_date, trade_id, version) as message_id
from trade.executions
union all
select concat_ws('/', told.topic, o.business_date, o.order_key)
from trade.order_outcomes as o
cross join (values ('Demat_allocation'), ('Cash_movement')) as told (topic)
where o.outcome = 'CONFIRMED'
