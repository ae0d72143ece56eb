-- purpose: let no order and no answer of the date, or of one before, wait any longer.
-- reads: trade.order_responses
-- writes: trade.open_orders, trade.open_responses (due)
-- rerun: does nothing more
-- parameters: business_date, as_of

with orders as (
    update trade.open_orders
    set due_at = %(as_of)s
    where business_date <= %(business_date)s
      and due_at > %(as_of)s
    returning 1
),
responses as (
    update trade.open_responses as w
    set due_at = %(as_of)s
    from trade.order_responses as r
    where (r.topic, r.partition, r.message_offset) = (w.topic, w.partition, w.message_offset)
      and r.business_date <= %(business_date)s
      and w.due_at > %(as_of)s
    returning 1
)
select
    (select count(*) from orders) + (select count(*) from responses) as rows_in,
    (select count(*) from orders) + (select count(*) from responses) as rows_out;
