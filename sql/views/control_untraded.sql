-- Records that are no trades, for the totals.

create or replace view control.order_records as
select business_date, topic as feed, quantity, price * quantity as notional, recorded_at
from trade.orders
union all
select business_date, topic, null, null, recorded_at
from trade.order_responses
union all
-- accepted as evidence
select business_date, feed, null, null, recorded_at
from trade.order_conflicts;
comment on view control.order_records is
    'Every accepted order and answer, with those that were kept as evidence of a conflict.';

create or replace view control.untraded_records as
select business_date, feed, quantity, notional, recorded_at
from control.order_records
union all
select mark_date, topic, null, null, recorded_at
from market.marks
union all
select business_date, topic, null, null, recorded_at
from market.mark_conflicts
union all
select business_date, topic, null, null, recorded_at
from settlement.statuses
union all
select business_date, topic, null, null, recorded_at
from settlement.statement_lines
union all
select business_date, feed, null, null, recorded_at
from settlement.record_conflicts;
comment on view control.untraded_records is
    'Every accepted record of the feeds that carry no trade: orders, answers, marks, statuses, lines '
    'of statements.';
