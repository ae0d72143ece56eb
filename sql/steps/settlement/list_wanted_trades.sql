-- purpose: list the trades that match and have no instruction of their current version.
-- reads: current_trades, judged_instructions (temporary), trade.executions
-- writes: listed_trades (temporary), wanted_trades, considered_trades (temporary views on it)
-- rerun: replaces them
-- parameters: business_dates (of the listed trades)

drop view if exists pg_temp.wanted_trades, pg_temp.considered_trades;
drop table if exists pg_temp.listed_trades;

create temporary table listed_trades on commit drop as
select
    e.business_date,
    e.trade_id,
    e.version,
    e.settlement_date,
    e.source_id,
    e.symbol,
    e.asset_class,
    e.side,
    e.quantity,
    e.price,
    e.currency,
    e.counterparty_id,
    e.account,
    e.strategy
from current_trades as t
join trade.executions as e
    on e.business_date = any(%(business_dates)s::date[])
    and e.business_date = t.business_date
    and e.trade_id = t.trade_id
    and e.version = t.version
where t.is_matched
  and t.status <> 'CANCELLED'
  and not exists (
      select
      from judged_instructions as j
      where j.business_date = t.business_date
        and j.trade_id = t.trade_id
        and j.subject_version = t.version
        and (j.state <> 'CANCELLED' or j.cancel_cause is not null)
  );

analyze listed_trades;

create temporary view wanted_trades as
select *
from listed_trades;

create temporary view considered_trades as
select *
from listed_trades;

select
    (select count(*) from current_trades) as rows_in,
    (select count(*) from wanted_trades) as rows_out;
