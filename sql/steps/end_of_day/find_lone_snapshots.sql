-- purpose: add the P&L snapshots without an execution, which the pass over the date does not show:
--          to their confirmation, or alone. Whether one is alone, numbers say: the pass shows every
--          execution without a snapshot, but for those of silent sources that their own feeds
--          brought, which are counted. Without numbers each snapshot is looked at.
--          rows_in: executions.
-- reads: counted_sides, unreconciled_trades (temporary), trade.executions, trade.pnl_snapshots
-- writes: unreconciled_trades (temporary)
-- rerun: what was added stays once
-- parameters: business_date, silent_source_ids (expect no other side)

update unreconciled_trades as u
set pnl_snapshot_version = found.version,
    pnl_impact = found.pnl_impact,
    commission = found.commission,
    pnl_currency = found.currency,
    is_joined = u.is_joined and found.status <> 'CANCELLED'
from (
    select l.ctid as place, s.*
    from unreconciled_trades as l
    cross join lateral (
        select x.version, x.pnl_impact, x.commission, x.currency, x.status
        from trade.pnl_snapshots as x
        where x.business_date = %(business_date)s
          and x.version = 1
          and x.trade_id = l.trade_id
        limit 1
    ) as s
    where l.execution_version is null
      and l.confirmation_version is not null
) as found
where u.ctid = found.place;

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
      select n.first_snapshot_count is distinct from
          n.first_execution_count - coalesce(n.first_silent_count, 0) + coalesce(sum(
              case
                  when u.execution_version is null then num_nonnulls(u.pnl_snapshot_version)
                  when n.first_silent_count is not null
                      and u.source_id = any(%(silent_source_ids)s::text[])
                      then num_nonnulls(u.pnl_snapshot_version)
                  else -num_nulls(u.pnl_snapshot_version)
              end
          ), 0)
          or n.first_snapshot_count is null
      from counted_sides as n
      left join unreconciled_trades as u on true
      group by n.first_snapshot_count, n.first_execution_count, n.first_silent_count
  )
  and p.trade_id not in (
      select trade_id from unreconciled_trades where execution_version is null
  );

select
    coalesce(
        (select execution_count from counted_sides),
        (select count(*) from trade.executions where business_date = %(business_date)s)
    ) as rows_in,
    count(*) as rows_out
from unreconciled_trades;
