-- When the next trade, order or answer will have waited too long.
select least(
    (select min(due_at) from recon.pending),
    (select min(due_at) from trade.open_orders where overdue_since is null),
    (select min(due_at) from trade.open_responses where overdue_since is null)
)
