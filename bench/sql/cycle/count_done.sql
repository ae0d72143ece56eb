select
    (select count(*) from trade.executions)
    + (select count(*) from trade.confirmations)
    + (select count(*) from trade.pnl_snapshots)
    + (select count(*) from landing.duplicates) as accounted_count,
    (select count(*) from recon.trades where outcome = 'matched') as matched_count,
    (select count(*) from recon.breaks where status = 'OPEN') as break_count
