-- Every calendar that a market trades, settles or counts by.
select trading_calendar
from loaded_markets
union
select settlement_calendar
from loaded_markets
union
select counting_calendar
from loaded_markets
where counting_calendar is not null
order by 1
