-- purpose: name the matched trades of a date of which nothing is instructed yet. Views: a million
--          rows are read where they lie, by several processes; a way of matching that the date has
--          not is not looked for.
-- reads: trade.executions, recon.single_matches, recon.match_sets, recon.match_set_exceptions
-- writes: wanted_trades, considered_trades (temporary views; the second names kinds of trades that
--         may be wanted)
-- rerun: replaces the views
-- parameters: business_date, has_single_matches, has_match_set (said as constants, the other way is
--             left out of the plan)

drop view if exists pg_temp.wanted_trades, pg_temp.considered_trades;
drop table if exists pg_temp.listed_trades;

create temporary view wanted_trades as
with one_by_one as not materialized (
    select e.*
    from trade.executions as e
    join recon.single_matches as m
        on m.business_date = %(business_date)s
        and m.trade_id = e.trade_id
        and m.execution_version = e.version
    where e.business_date = %(business_date)s
      and %(has_single_matches)s
),
as_a_set as not materialized (
    select e.*
    from trade.executions as e
    join recon.match_sets as s on s.business_date = %(business_date)s
    where e.business_date = %(business_date)s
      and %(has_match_set)s
      and e.version = 1
      and e.batch_id between s.first_batch_id and s.last_batch_id
      and e.batch_id <> all(s.excluded_batch_ids)
      and e.source_id <> all(s.excluded_source_ids)
      and not exists (
          select
          from recon.match_set_exceptions as x
          where x.business_date = %(business_date)s
            and x.trade_id = e.trade_id
      )
)
select
    business_date,
    trade_id,
    version,
    settlement_date,
    source_id,
    symbol,
    asset_class,
    side,
    quantity,
    price,
    currency,
    counterparty_id,
    account,
    strategy
from (select * from one_by_one union all select * from as_a_set) as matched
where status <> 'CANCELLED';

create temporary view considered_trades as
select
    business_date, settlement_date, source_id, symbol, asset_class, currency, counterparty_id,
    account
from trade.executions
where business_date = %(business_date)s;

select 0 as rows_in, 0 as rows_out;
