-- Tables whose rows come and go; the others only grow, and the server's own vacuum is enough for them.
vacuum (analyze, skip_locked)
    staging.executions, staging.confirmations, staging.pnl_snapshots, staging.orders,
    staging.order_responses, staging.marks, staging.settlement_statuses, staging.statement_lines,
    trade.open_orders, trade.held_orders, trade.open_responses, settlement.open_statuses,
    recon.pending, control.step_runs, outbox.messages, outbox.announcements, quality.results, landing.batches,
    landing.offsets
