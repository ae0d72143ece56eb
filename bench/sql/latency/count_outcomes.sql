-- What became of a date's messages, and of its trades of which another side is expected.
with arrived as (
    select m.topic, m.partition, m.message_offset
    from landing.messages as m
    join control.received_counts as c using (batch_id)
    where c.business_date = %(business_date)s
    group by m.topic, m.partition, m.message_offset
),
trades as (
    select e.trade_id
    from trade.executions as e
    join reference.sources as s using (source_id)
    where e.business_date = %(business_date)s
      and (s.expects_confirmation or s.expects_pnl_snapshot)
    union
    select trade_id from trade.confirmations where business_date = %(business_date)s
    union
    select trade_id from trade.pnl_snapshots where business_date = %(business_date)s
),
matched as (
    select trade_id from recon.matches where business_date = %(business_date)s
),
broken as (
    select trade_id from recon.breaks where business_date = %(business_date)s and status = 'OPEN'
)
select
    (select count(*) from arrived) as raw_count,
    (select count(*) from trade.executions where business_date = %(business_date)s)
    + (select count(*) from trade.confirmations where business_date = %(business_date)s)
    + (select count(*) from trade.pnl_snapshots where business_date = %(business_date)s)
    + (select count(*) from control.untraded_records where business_date = %(business_date)s)
    + (select count(*) from trade.conflicts where business_date = %(business_date)s)
    + (select count(*) from landing.duplicates where business_date = %(business_date)s)
    + (select count(*) from landing.rejects where business_date = %(business_date)s)
    as accounted_count,
    (select count(*) from trades) as trade_count,
    (
        select count(*)
        from trades
        where trade_id in (select trade_id from matched union select trade_id from broken)
    ) as outcome_count,
    (select count(*) from matched) as match_count,
    (select count(distinct trade_id) from matched) as matched_count
