insert into peer_pnl_snapshots (trade_id, pnl_impact, commission)
values (%s, %s, %s)
on conflict (trade_id) do update set
    pnl_impact = excluded.pnl_impact,
    commission = excluded.commission
