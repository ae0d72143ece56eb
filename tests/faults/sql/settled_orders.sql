-- Confirmed orders that did not move and are not held, orders that moved twice, and those that moved unconfirmed.
with movements as (
    select i.subject_id as order_key, i.business_date, count(*) as movement_count
    from settlement.instructions as i
    join settlement.postings as p using (settlement_date, instruction_id)
    where i.purpose = 'ORDER'
    group by i.subject_id, i.business_date
)
select
    count(*) filter (
        where d.outcome = 'CONFIRMED' and m.order_key is null and h.order_key is null
    ) as unmoved_count,
    count(*) filter (where m.movement_count > 1) as doubled_count,
    count(*) filter (
        where m.order_key is not null and d.outcome is distinct from 'CONFIRMED'
    ) as unconfirmed_count
from trade.order_outcomes as d
full join movements as m using (order_key, business_date)
left join trade.held_orders as h using (order_key, business_date)
