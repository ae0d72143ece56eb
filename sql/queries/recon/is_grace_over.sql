-- Whether a trade, an order or an answer has waited too long for what belongs to it, or an order that
-- was held back can settle.
select
    exists (select from recon.pending where due_at <= now())
    or exists (select from trade.open_orders where due_at <= now() and overdue_since is null)
    or exists (select from trade.open_responses where due_at <= now() and overdue_since is null)
    or exists (
        select
        from trade.held_orders as h
        where not exists (
            select
            from settlement.wrong_order_terms as w
            where (w.order_key, w.business_date) = (h.order_key, h.business_date)
        )
    )
