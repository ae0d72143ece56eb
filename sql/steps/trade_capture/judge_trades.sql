-- purpose: judge the compared trades by the four rules and by the sides that their source expects.
-- reads: compared_trades (temporary), reference.tolerances
-- writes: judged_trades (temporary)
-- rerun: replaces the temporary table
-- parameters: business_dates (every date of compared_trades)

drop table if exists pg_temp.judged_trades;

create temporary table judged_trades on commit drop as
with tolerances as (
    select
        d.business_date as tolerance_date,
        bounds.*
    from unnest(%(business_dates)s::date[]) as d (business_date)
    cross join lateral (
        select *
        from reference.tolerances
        where effective_from <= d.business_date
        order by effective_from desc
        limit 1
    ) as bounds
),
ruled as (
    select
        c.*,
        t.grace_seconds,
        c.execution_version is not null and c.execution_status <> 'CANCELLED' as is_live,
        recon.quantities_agree(c.quantity, c.confirmed_quantity, t.quantity_delta_max)
            as is_quantity_agreed,
        recon.prices_agree(c.price, c.confirmed_price, t.price_delta_max) as is_price_agreed,
        recon.timestamps_agree(c.executed_at, c.confirmed_at, t.timestamp_delta_ms_max)
            as is_timestamp_agreed,
        recon.pnl_agrees(c.quantity, c.price, c.commission, c.pnl_impact, t.pnl_delta_limit)
            as is_pnl_agreed
    from compared_trades as c
    join tolerances as t on t.tolerance_date = c.business_date
)
select
    r.*,
    r.is_live and r.expects_confirmation and r.confirmation_version is null
        as lacks_confirmation,
    r.is_live and r.expects_pnl_snapshot and r.pnl_snapshot_version is null
        as lacks_pnl_snapshot,
    r.execution_version is null
    and coalesce(r.confirmation_version, r.pnl_snapshot_version) is not null as lacks_execution,
    r.is_live and not (
        coalesce(
            r.is_quantity_agreed and r.is_price_agreed and r.is_timestamp_agreed, true
        ) and coalesce(r.is_pnl_agreed, true)
    ) as is_mismatched,
    r.is_live
    and coalesce(
        r.is_quantity_agreed and r.is_price_agreed and r.is_timestamp_agreed,
        not r.expects_confirmation
    )
    and coalesce(r.is_pnl_agreed, not r.expects_pnl_snapshot)
    and (
        r.expects_confirmation or r.expects_pnl_snapshot
        or r.confirmation_version is not null or r.pnl_snapshot_version is not null
    ) as is_matched
from ruled as r;

select count(*) as rows_in, count(*) filter (where is_matched) as rows_out
from judged_trades;
