-- purpose: list what a date's checks look at, the newest version of each execution that is not
--          cancelled, with its instrument's market; and make the tables that the checks fill.
-- reads: trade.executions, reference.instruments
-- writes: checked_trades, found_alerts, found_coverage (temporary)
-- rerun: replaces the temporary tables
-- parameters: business_date

drop table if exists pg_temp.checked_trades, pg_temp.found_alerts, pg_temp.found_coverage;

create temporary table checked_trades on commit drop as
select
    e.trade_id,
    e.version,
    e.source_id,
    e.symbol,
    e.asset_class,
    i.market_id,
    e.side,
    e.quantity,
    e.price,
    e.currency,
    e.counterparty_id,
    e.venue,
    e.account,
    e.strategy,
    e.executed_at,
    e.recorded_at
from trade.executions as e
left join reference.instruments as i on i.symbol = e.symbol
-- few trades have a further version: a table of these is held beside the trades, not the reverse
left join (
    select trade_id, max(version) as version
    from trade.executions
    where business_date = %(business_date)s
      and version > 1
    group by trade_id
) as newest on newest.trade_id = e.trade_id
where e.business_date = %(business_date)s
  and e.status <> 'CANCELLED'
  and e.version >= coalesce(newest.version, e.version);

-- what the checks join and group by
analyze checked_trades (trade_id, symbol, asset_class, market_id, account, executed_at);

create temporary table found_alerts (
    rule text not null,
    subject_kind text not null,
    subject_id text not null,
    symbol text,
    account text,
    counterparty_id text,
    evidence jsonb not null
) on commit drop;

create temporary table found_coverage (
    rule text not null,
    outcome text not null,
    subject_count bigint not null
) on commit drop;

select count(*) as rows_in, count(*) as rows_out
from checked_trades;
