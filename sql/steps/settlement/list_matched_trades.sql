-- purpose: name the matched trades of a date of which nothing is instructed yet. A view: a million
--          rows are read where they lie, by several processes.
-- reads: trade.executions, recon.matches
-- writes: wanted_trades (temporary view)
-- rerun: replaces the view
-- parameters: business_date

drop view if exists pg_temp.wanted_trades;
drop table if exists pg_temp.listed_trades;

create temporary view wanted_trades as
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
from trade.executions as e
join recon.matches as m
    on m.business_date = %(business_date)s
    and m.trade_id = e.trade_id
    and m.execution_version = e.version
where e.business_date = %(business_date)s
  and e.status <> 'CANCELLED'
  and not exists (
      select
      from trade.executions as newer
      where newer.business_date = %(business_date)s
        and newer.trade_id = e.trade_id
        and newer.version > e.version
        and newer.version > 1
  );

select 0 as rows_in, 0 as rows_out;
