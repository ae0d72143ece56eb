insert into recon.single_matches (
    business_date, trade_id, execution_version, confirmation_version, pnl_snapshot_version, run_id,
    matched_at
)
select
    business_date,
    trade_id,
    version,
    1,
    1,
    'bench',
    now()
from trade.executions
where business_date = %(business_date)s
