-- purpose: mark each instrument that traded on the date at its last execution's price.
-- reads: summed_flows (temporary), trade.executions (by books.fills_of)
-- writes: books.marks
-- rerun: replace the date; after build_flows of the same date
-- parameters: business_date

drop table if exists pg_temp.last_executions;

create temporary table last_executions on commit drop as
select symbol, currency, max(last_executed_at) as executed_at
from summed_flows
group by symbol, currency;

delete from books.marks where business_date = %(business_date)s;

with at_last_instants as materialized (
    -- of the whole date those few first
    select trade_id, symbol, currency, executed_at, price
    from books.fills_of(%(business_date)s)
    where executed_at in (select executed_at from last_executions)
)
insert into books.marks (business_date, symbol, currency, mark_price, mark_source)
select distinct on (symbol, currency)
    %(business_date)s,
    symbol,
    currency,
    price,
    'last_execution'
from at_last_instants
join last_executions using (symbol, currency, executed_at)
-- several at the same instant: the greatest trade id, so that a rerun finds the same
order by symbol, currency, trade_id collate "C" desc;

select count(*) as rows_in, count(*) as rows_out
from last_executions;
