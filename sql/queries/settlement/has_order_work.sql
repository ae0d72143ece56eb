-- Whether an order or an answer came that was not looked at yet, or has waited too long.
select
    exists (
        select from trade.open_orders
        where is_new or due_at <= %(as_of)s and overdue_since is null
    )
    or exists (
        select from trade.open_responses
        where is_new or due_at <= %(as_of)s and overdue_since is null
    )
