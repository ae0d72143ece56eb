-- The trade population of a business date and what became of each trade.

create or replace view report.current_executions as
select
    e.business_date,
    e.trade_id,
    e.version,
    e.source_id,
    e.symbol,
    e.asset_class,
    e.side,
    e.quantity,
    e.notional,
    e.brokerage_fee,
    e.clearing_fee,
    e.exchange_fee,
    e.currency,
    e.counterparty_id,
    e.executed_at,
    e.status
from trade.executions e
where not exists (
    select
    from trade.executions newer
    where newer.business_date = e.business_date
      and newer.trade_id = e.trade_id
      and newer.version > e.version
      and newer.version > 1
);
comment on view report.current_executions is 'The highest version of each execution.';

create or replace view report.trade_outcomes as
with open_breaks as (
    select
        business_date,
        trade_id,
        bool_or(right(break_type, 9) = '_mismatch') as is_mismatched,
        bool_or(starts_with(break_type, 'missing_')) as is_unmatched
    from recon.breaks
    where status = 'OPEN'
    group by business_date, trade_id
)
select
    e.business_date,
    e.trade_id,
    e.asset_class,
    e.side,
    e.status,
    e.currency,
    e.quantity,
    e.notional,
    e.brokerage_fee,
    e.clearing_fee,
    e.exchange_fee,
    case
        when e.status = 'CANCELLED' then 'cancelled'
        when m.trade_id is not null then 'matched'
        when b.is_mismatched then 'mismatched'
        when b.is_unmatched then 'unmatched'
        when p.trade_id is not null then 'pending'
        when not s.expects_confirmation and not s.expects_pnl_snapshot then 'not_expected'
        else 'uncompared'
    end as outcome,
    e.executed_at
from report.current_executions e
left join recon.matches m on m.business_date = e.business_date and m.trade_id = e.trade_id
left join open_breaks b on b.business_date = e.business_date and b.trade_id = e.trade_id
left join recon.pending p on p.business_date = e.business_date and p.trade_id = e.trade_id
left join reference.sources s on s.source_id = e.source_id
union all
select
    b.business_date,
    b.trade_id,
    'UNKNOWN',
    'UNKNOWN',
    'NO_EXECUTION',
    null,
    null,
    null,
    null,
    null,
    null,
    'unmatched',
    null
from recon.breaks b
where b.break_type = 'missing_execution'
  and b.status = 'OPEN'
  and not exists (
      select
      from trade.executions e
      where e.business_date = b.business_date
        and e.trade_id = b.trade_id
  );
comment on view report.trade_outcomes is
    'Every trade of a date once, with exactly one outcome. A trade known only from a confirmation or '
    'snapshot has status NO_EXECUTION. uncompared must not occur after a close.';

create or replace view report.warnings as
with flagged as (
    select business_date, 'execution' as record_type, flags
    from trade.executions
    where cardinality(flags) > 0
    union all
    select business_date, 'confirmation', flags
    from trade.confirmations
    where cardinality(flags) > 0
    union all
    select business_date, 'pnl_snapshot', flags
    from trade.pnl_snapshots
    where cardinality(flags) > 0
    union all
    select mark_date, 'mark', flags
    from market.marks
    where cardinality(flags) > 0
)
select
    flagged.business_date,
    flagged.record_type,
    flag as rule_name,
    count(*) as record_count
from flagged
cross join unnest(flagged.flags) as flag
group by flagged.business_date, flagged.record_type, flag;
comment on view report.warnings is 'Accepted records that carry a warning, by rule.';
