-- How a whole date is compared: bounds in force, which sources expect no other side, where to cut the
-- date's ids, and the batches that its set of matches covers: the stored set, a new one if no match is
-- stored at all, null otherwise.
with tolerances as (
    select quantity_delta_max, price_delta_max, timestamp_delta_ms_max, pnl_delta_limit
    from reference.tolerances
    where effective_from <= %(business_date)s
    order by effective_from desc
    limit 1
),
orders as (
    -- as the planner knows it; nothing is known of rows that came just now
    select
        s.tablename,
        s.histogram_bounds::text::text[] as bounds,
        coalesce(s.correlation, 0) as correlation
    from (values ('executions'), ('confirmations'), ('pnl_snapshots')) as sides (table_name)
    join pg_catalog.pg_stats as s
        on s.schemaname = 'trade'
        and s.tablename = sides.table_name || '_' || to_char(%(business_date)s::date, 'YYYYMMDD')
        and s.attname = 'trade_id'
),
cuts as (
    select
        count(bounds) = 3 and min(correlation) > 0.9 as is_ordered,
        max(bounds) filter (where starts_with(tablename, 'executions')) as bounds
    from orders
),
batches as (
    select
        min(batch_id) as first_batch_id,
        max(batch_id) as last_batch_id
    from control.received_counts
    where business_date = %(business_date)s
      and not exists (
          select from recon.single_matches where business_date = %(business_date)s
      )
),
new_sets as (
    select
        first_batch_id,
        last_batch_id,
        array(
            select id
            from generate_series(first_batch_id, last_batch_id) as id
            where not exists (
                select
                from landing.batches as b
                where b.batch_id = id
                  and b.status in ('PROMOTED', 'RECONCILED')
            )
            order by id
        ) as excluded_batch_ids
    from batches
    -- ids are counted through below; batches that lie so far apart are matched one by one
    where last_batch_id - first_batch_id < 100000
),
match_sets as (
    select
        first_batch_id, last_batch_id, excluded_batch_ids, excluded_source_ids, false as is_new_set
    from recon.match_sets
    where business_date = %(business_date)s
    union all
    -- its silent sources are left out in any case
    select first_batch_id, last_batch_id, excluded_batch_ids, '{}', true
    from new_sets
    where not exists (select from recon.match_sets where business_date = %(business_date)s)
)
select
    tolerances.*,
    array(
        select source_id
        from reference.sources
        where not expects_confirmation
          and not expects_pnl_snapshot
        order by source_id
    ) as silent_source_ids,
    cuts.is_ordered,
    array(
        select case when cuts.is_ordered then bounds[1 + cardinality(bounds) * eighth / 8] else '' end
        from generate_series(1, 7) as eighth
        order by eighth
    ) as cuts,
    match_sets.*
from tolerances
cross join cuts
left join match_sets on true;
