-- The id under which each accepted execution is announced.
select concat_ws('/', 'enriched-trades', business_date, trade_id, version) as message_id
from trade.executions
