-- After a close every trade that expects other sides is matched once, or broken, or cancelled.
with current_executions as (
    select distinct on (business_date, trade_id)
        business_date,
        trade_id,
        status
    from trade.executions
    where feed = 'executions'
    order by business_date, trade_id, version desc
),
judged as (
    select
        (
            select count(*)
            from recon.matches as m
            where m.business_date = e.business_date
                and m.trade_id = e.trade_id
        ) as match_count,
        exists (
            select
            from recon.breaks as b
            where b.business_date = e.business_date
                and b.trade_id = e.trade_id
                and b.status = 'OPEN'
                and b.break_type not like 'duplicate%%'
        ) as is_broken
    from current_executions as e
    where e.status <> 'CANCELLED'
)
select
    count(*) filter (where match_count = 0 and not is_broken) as unjudged_count,
    count(*) filter (where match_count > 1) as doubled_count,
    count(*) filter (where match_count > 0 and is_broken) as contradicted_count
from judged
