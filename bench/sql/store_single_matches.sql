with singles as (
    insert into recon.single_matches (
        business_date, trade_id, execution_version, confirmation_version, pnl_snapshot_version,
        run_id, matched_at
    )
    select
        business_date,
        trade_id,
        execution_version,
        confirmation_version,
        pnl_snapshot_version,
        run_id,
        matched_at
    from recon.matches
    order by trade_id
    on conflict (trade_id, business_date) do nothing
),
exceptions as (
    delete from recon.match_set_exceptions
)
delete from recon.match_sets
