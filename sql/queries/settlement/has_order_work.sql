-- Whether an order or an answer came that was not looked at yet, has waited too long, or contradicts
-- one that was there, or whether what holds an order back was mended or found to be more.
select
    exists (
        select from trade.open_orders
        where is_new or due_at <= %(as_of)s and overdue_since is null
    )
    or exists (
        select from trade.open_responses
        where is_new or due_at <= %(as_of)s and overdue_since is null
    )
    or exists (
        select
        from trade.held_orders as h
        left join settlement.wrong_order_terms as w using (order_key, business_date)
        where not exists (
            select
            from settlement.breaks as b
            where b.business_date = h.business_date
              and b.subject_kind = 'ORDER'
              and b.subject_id = h.order_key
              and b.break_type = w.break_type
        )
    )
    or exists (
        select
        from trade.order_conflicts as c
        where c.recorded_at >= %(as_of)s - interval '7 days'
          and not exists (
              select
              from settlement.breaks as b
              where b.business_date = c.business_date
                and b.subject_kind = 'ORDER'
                and b.subject_id = c.order_id
                and b.break_type = 'order_conflict'
          )
    )
