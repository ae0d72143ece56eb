-- Whether a trade, an order or an answer has waited too long for what belongs to it.
select
    exists (select from recon.pending where due_at <= now())
    or exists (select from trade.open_orders where due_at <= now() and overdue_since is null)
    or exists (select from trade.open_responses where due_at <= now() and overdue_since is null)
