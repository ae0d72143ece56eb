-- Each match and each break of a date: the broker's time of the last message that it needs, and when
-- each step's transaction that led to it was committed. A break for want of a side is due at the end
-- of the trade's grace, which the run has noted, and passes no step but the last.
with records (trade_id, side, batch_id, topic, partition, message_offset, promoted_at) as (
    select trade_id, 'execution', batch_id, topic, partition, message_offset,
        pg_xact_commit_timestamp(xmin)
    from trade.executions
    where business_date = %(business_date)s
    union all
    select trade_id, 'confirmation', batch_id, topic, partition, message_offset,
        pg_xact_commit_timestamp(xmin)
    from trade.confirmations
    where business_date = %(business_date)s
    union all
    select trade_id, 'pnl_snapshot', batch_id, topic, partition, message_offset,
        pg_xact_commit_timestamp(xmin)
    from trade.pnl_snapshots
    where business_date = %(business_date)s
    union all
    select trade_id, 'duplicate', batch_id, topic, partition, message_offset,
        pg_xact_commit_timestamp(xmin)
    from trade.conflicts
    where business_date = %(business_date)s
),
outcomes as (
    select
        trade_id,
        'match' as kind,
        array['execution', 'confirmation', 'pnl_snapshot'] as sides,
        pg_xact_commit_timestamp(xmin) as visible_at
    -- a date that is not closed has no sets: each match is a row
    from recon.single_matches
    where business_date = %(business_date)s
    union all
    select
        trade_id,
        break_type,
        case
            when break_type like 'duplicate%%' then array['duplicate']
            when break_type = 'pnl_mismatch' then array['execution', 'pnl_snapshot']
            else array['execution', 'confirmation']
        end,
        pg_xact_commit_timestamp(xmin)
    from recon.break_events
    where business_date = %(business_date)s
      and event = 'OPENED'
),
last_records as (
    select distinct on (o.trade_id, o.kind)
        o.trade_id,
        o.kind,
        o.visible_at,
        r.batch_id,
        m.message_at,
        pg_xact_commit_timestamp(b.xmin) as drained_at,
        r.promoted_at
    from outcomes as o
    join records as r on r.trade_id = o.trade_id and r.side = any(o.sides)
    join landing.batch_ranges as b
        on b.batch_id = r.batch_id
        and b.topic = r.topic
        and b.partition = r.partition
    cross join lateral landing.read_message(r.topic, r.partition, r.message_offset) as m
    where o.kind not like 'missing%%'
    order by o.trade_id, o.kind, m.message_at desc, r.promoted_at desc
),
verdicts as (
    select batch_id, max(pg_xact_commit_timestamp(xmin)) as validated_at
    from quality.results
    where batch_id is not null
    group by batch_id
)
select
    l.trade_id,
    l.kind,
    l.message_at as due_at,
    (
        select s.started_at
        from control.step_runs as s
        where s.step = 'trade_capture/drain_feeds'
          and s.started_at <= l.drained_at
        order by s.started_at desc
        limit 1
    ) as drain_began_at,
    l.drained_at,
    v.validated_at,
    l.promoted_at,
    l.visible_at
from last_records as l
left join verdicts as v using (batch_id)
union all
select o.trade_id, o.kind, d.due_at, null, null, null, null, o.visible_at
from outcomes as o
left join (
    select trade_id, max(due_at) as due_at
    from unnest(%(trade_ids)s::text[], %(grace_ends)s::timestamptz[]) as g (trade_id, due_at)
    group by trade_id
) as d using (trade_id)
where o.kind like 'missing%%'
order by trade_id, kind
