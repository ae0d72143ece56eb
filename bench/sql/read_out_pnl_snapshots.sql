copy (
    select
        trade_id,
        pnl_impact,
        commission
    from trade.pnl_snapshots
    where business_date = %(business_date)s
) to stdout (format csv)
