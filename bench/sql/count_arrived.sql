select
    (select sum(message_count) from landing.batches) as drained_count,
    (select count(*) from landing.messages) as raw_count,
    (select count(*) from trade.executions)
    + (select count(*) from trade.confirmations)
    + (select count(*) from trade.pnl_snapshots)
    + (select count(*) from trade.conflicts)
    + (select count(*) from landing.duplicates)
    + (select count(*) from landing.rejects) as accounted_count
