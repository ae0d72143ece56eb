-- purpose: say how many executions and P&L snapshots of the date stand, without reading them: what
--          was received and not set aside. The same close counts them anew, and stops where that
--          differs. Null of a date that received nothing. rows_in: counts of received messages;
--          rows_out: executions and snapshots.
-- reads: control.received_counts, control.rejects, landing.duplicates, trade.conflicts,
--        trade.executions, trade.pnl_snapshots
-- writes: counted_sides (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date, execution_feeds, pnl_snapshot_feeds (the feeds that carry them),
--             silent_source_ids (expect no other side)

drop table if exists pg_temp.counted_sides;

create temporary table counted_sides on commit drop as
with counted as (
    select feed, received_count as record_count
    from control.received_counts
    where business_date = %(business_date)s
    union all
    select feed, -1
    from control.rejects
    where business_date = %(business_date)s
    union all
    select feed, -1
    from landing.duplicates
    where business_date = %(business_date)s
    union all
    select feed, -1
    from trade.conflicts
    where business_date = %(business_date)s
),
stood as (
    select
        sum(record_count * (feed = any(%(execution_feeds)s::text[]))::integer)::bigint
            as execution_count,
        sum(record_count * (feed = any(%(pnl_snapshot_feeds)s::text[]))::integer)::bigint
            as snapshot_count,
        bool_or(
            record_count > 0
            and feed = any(%(execution_feeds)s::text[])
            and feed = any(%(silent_source_ids)s::text[])
        ) as has_silent_feed
    from counted
)
select
    execution_count,
    -- there is an index of later versions, which are few
    execution_count - (
        select count(*)
        from trade.executions
        where business_date = %(business_date)s
          and version > 1
    ) as first_execution_count,
    snapshot_count - (
        select count(*)
        from trade.pnl_snapshots
        where business_date = %(business_date)s
          and version > 1
    ) as first_snapshot_count,
    -- the pass shows those that came by another feed than their source's own
    case
        when has_silent_feed then (
            select count(*)
            from trade.executions
            where business_date = %(business_date)s
              and version = 1
              and source_id = any(%(silent_source_ids)s::text[])
        )
    end as first_silent_count
from stood;

select
    (
        select count(*)
        from control.received_counts
        where business_date = %(business_date)s
    ) as rows_in,
    coalesce(sum(first_execution_count + first_snapshot_count), 0) as rows_out
from counted_sides;
