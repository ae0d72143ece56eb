-- purpose: store the trades of the date that agree on all three sides and are not stored yet, in
--          one set; trades with several versions are left to the comparison that follows.
-- reads: unreconciled_trades (temporary), trade.executions, trade.confirmations,
--        trade.pnl_snapshots
-- writes: recon.matches
-- rerun: upsert changed: a stored match stays
-- parameters: business_date, run_id, as_of

with multiplied as (
    select trade_id
    from trade.executions
    where business_date = %(business_date)s and version > 1
    union
    select trade_id
    from trade.confirmations
    where business_date = %(business_date)s and version > 1
    union
    select trade_id
    from trade.pnl_snapshots
    where business_date = %(business_date)s and version > 1
),
stored as (
    insert into recon.matches (
        business_date, trade_id, execution_version, confirmation_version, pnl_snapshot_version,
        quantity_delta, price_delta, timestamp_delta_ms, pnl_delta, run_id, matched_at
    )
    select
        %(business_date)s,
        trade_id,
        execution_version,
        confirmation_version,
        pnl_snapshot_version,
        quantity_delta,
        price_delta,
        extract(epoch from timestamp_delta) * 1000,
        pnl_delta,
        %(run_id)s,
        %(as_of)s
    from unreconciled_trades
    where is_new_match
      and trade_id not in (select trade_id from multiplied)
    order by trade_id collate "C"
    on conflict (trade_id, business_date) do nothing
    returning 1
)
select
    (select count(*) from unreconciled_trades where is_new_match) as rows_in,
    count(*) as rows_out
from stored;
