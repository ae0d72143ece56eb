-- purpose: open the breaks of orders: rejected, not answered in time, answered without an order,
--          told twice in different terms; and resolve those that an answer or an order mended late.
-- reads: paired_orders (temporary), settlement.order_flaws, trade.order_outcomes,
--        trade.order_responses
-- writes: settlement.breaks, trade.open_orders, trade.open_responses (told)
-- rerun: append once: a break that is there stays
-- parameters: run_id, as_of

insert into settlement.breaks (
    business_date, subject_kind, subject_id, break_type, expected_value, actual_value,
    exposure_amount, currency, counterparty_id, symbol, opened_run_id, opened_at
)
select
    business_date,
    'ORDER',
    subject_id,
    break_type,
    expected_value,
    actual_value,
    exposure_amount,
    currency,
    counterparty_id,
    symbol,
    %(run_id)s,
    %(as_of)s
from settlement.order_flaws
where due_at <= %(as_of)s
   -- told once when it became known; looked back far enough for a step that was away
   or due_at is null and known_at >= %(as_of)s - interval '7 days'
on conflict (business_date, subject_kind, subject_id, break_type) do nothing;

update trade.open_orders
set overdue_since = %(as_of)s
where due_at <= %(as_of)s
  and overdue_since is null;

update trade.open_responses
set overdue_since = %(as_of)s
where due_at <= %(as_of)s
  and overdue_since is null;

update settlement.breaks as b
set status = 'RESOLVED',
    resolved_run_id = %(run_id)s,
    resolved_at = %(as_of)s,
    resolved_reason = case b.break_type
        when 'order_not_answered' then 'answered_late'
        else 'order_came_late'
    end
from trade.order_outcomes as o
join trade.order_responses as r
    on (r.topic, r.partition, r.message_offset) = (o.topic, o.partition, o.message_offset)
join paired_orders as p
    on (p.order_key, p.business_date) = (o.order_key, o.business_date)
where b.subject_kind = 'ORDER'
  and b.status = 'OPEN'
  and (
      b.break_type = 'order_not_answered'
      and (b.subject_id, b.business_date) = (o.order_key, o.business_date)
      or b.break_type = 'answer_without_order'
      and (b.subject_id, b.business_date) = (
          coalesce(r.order_id, concat_ws('/', r.topic, r.partition, r.message_offset)),
          r.business_date
      )
  );

select
    (select count(*) from paired_orders) as rows_in,
    count(*) as rows_out
from settlement.breaks
where subject_kind = 'ORDER'
  and opened_at = %(as_of)s;
