-- purpose: list the accepted undated records for which the executions of these batches are within
--          reach and nearer than what they stand under now, and make the empty tables that take
--          them.
-- reads: staging.executions, trade.unplaced_records, trade.displaced_records; the columns of
--        staging.confirmations, staging.pnl_snapshots
-- writes: moving_records, moved_confirmations, moved_pnl_snapshots (temporary)
-- rerun: replaces the temporary tables; a record that has moved is no longer found
-- parameters: batch_ids

drop table if exists
pg_temp.moving_records, pg_temp.moved_confirmations, pg_temp.moved_pnl_snapshots;

create temporary table moved_confirmations (like staging.confirmations) on commit drop;

create temporary table moved_pnl_snapshots (like staging.pnl_snapshots) on commit drop;

create temporary table moving_records on commit drop as
with arrived as (
    select distinct trade_id, business_date
    from staging.executions
    where batch_id = any(%(batch_ids)s::bigint[])
),
movable as (
    select
        topic,
        partition,
        message_offset,
        record_type,
        trade_id,
        business_date as own_date,
        business_date as from_date,
        true as is_unplaced
    from trade.unplaced_records
    union all
    select
        topic,
        partition,
        message_offset,
        record_type,
        trade_id,
        own_date,
        business_date,
        false
    from trade.displaced_records
)
select distinct on (m.topic, m.partition, m.message_offset)
    m.*,
    a.business_date as to_date
from movable as m
join arrived as a
    on a.trade_id = m.trade_id
    and trade.is_within_reach(m.record_type, m.own_date, a.business_date)
where m.is_unplaced
   or (abs(a.business_date - m.own_date), a.business_date)
      < (abs(m.from_date - m.own_date), m.from_date)
order by
    m.topic,
    m.partition,
    m.message_offset,
    abs(a.business_date - m.own_date),
    a.business_date;

select count(*) as rows_in, count(*) as rows_out
from moving_records;
