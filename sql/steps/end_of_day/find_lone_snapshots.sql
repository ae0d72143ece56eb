-- purpose: add the P&L snapshots with neither execution nor confirmation, which are in no row of
--          the pass over the date. Whether there is one, numbers say: the pass shows every
--          execution of which a snapshot is expected and none came. rows_in: executions.
-- reads: trade.executions, trade.pnl_snapshots, unreconciled_trades (temporary)
-- writes: unreconciled_trades, counted_sides (temporary)
-- rerun: what was added stays once
-- parameters: business_date, silent_source_ids (expect no other side)

drop table if exists pg_temp.counted_sides;

create temporary table counted_sides on commit drop as
select
    count(source_id) as execution_count,
    count(*) filter (where source_id <> all(%(silent_source_ids)s::text[]) and version = 1)
        as first_execution_count,
    count(*) filter (where source_id is null and version = 1) as first_snapshot_count
from (
    select version, source_id
    from trade.executions
    where business_date = %(business_date)s
    union all
    select version, null
    from trade.pnl_snapshots
    where business_date = %(business_date)s
) as sides;

insert into unreconciled_trades (trade_id, is_joined)
select p.trade_id, false
from trade.pnl_snapshots as p
where p.business_date = %(business_date)s
  and p.version = 1
  and not exists (
      select
      from trade.executions as e
      where e.business_date = %(business_date)s
        and e.version = 1
        and e.trade_id = p.trade_id
  )
  and (
      select first_snapshot_count <> first_execution_count + coalesce(sum(
          case
              when u.execution_version is null and u.confirmation_version is null then 0
              when u.execution_version is null then (
                  select count(*)
                  from trade.pnl_snapshots as s
                  where s.business_date = %(business_date)s
                    and s.version = 1
                    and s.trade_id = u.trade_id
              )
              when u.source_id = any(%(silent_source_ids)s::text[])
                  then num_nonnulls(u.pnl_snapshot_version)
              else -num_nulls(u.pnl_snapshot_version)
          end
      ), 0)
      from counted_sides
      left join unreconciled_trades as u on true
      group by first_snapshot_count, first_execution_count
  )
  and p.trade_id not in (select trade_id from unreconciled_trades where not is_joined);

select
    (select execution_count from counted_sides) as rows_in,
    count(*) as rows_out
from unreconciled_trades;
