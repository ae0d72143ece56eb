-- purpose: name the matched trades of a date of which nothing is instructed yet. A view: a million
--          rows are read where they lie, by several processes.
-- reads: settlement.matched_executions, trade.executions
-- writes: wanted_trades, considered_trades (temporary views; the second names kinds of trades that
--         may be wanted)
-- rerun: replaces the views
-- parameters: business_date

drop view if exists pg_temp.wanted_trades, pg_temp.considered_trades;
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
from settlement.matched_executions as e
where e.business_date = %(business_date)s;

create temporary view considered_trades as
select
    business_date, settlement_date, source_id, symbol, asset_class, currency, counterparty_id,
    account
from trade.executions
where business_date = %(business_date)s;

select 0 as rows_in, 0 as rows_out;
