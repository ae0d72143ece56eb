-- purpose: mark each instrument that traded on the date at its last execution's price.
-- reads: trade.executions (by books.fills_of)
-- writes: books.marks
-- rerun: replace the date
-- parameters: business_date

drop table if exists pg_temp.last_executions;

-- the last instant per instrument first: a pass without sorting the date
create temporary table last_executions on commit drop as
select symbol, currency, max(executed_at) as executed_at
from books.fills_of(%(business_date)s)
group by symbol, currency;

delete from books.marks where business_date = %(business_date)s;

insert into books.marks (business_date, symbol, currency, mark_price, mark_source)
select distinct on (e.symbol, e.currency)
    %(business_date)s,
    e.symbol,
    e.currency,
    e.price,
    'last_execution'
from books.fills_of(%(business_date)s) as e
join last_executions as l
    on l.symbol = e.symbol
    and l.currency = e.currency
    and l.executed_at = e.executed_at
-- several at the same instant: the greatest trade id, so that a rerun finds the same
order by e.symbol, e.currency, e.trade_id collate "C" desc;

select count(*) as rows_in, count(*) as rows_out
from last_executions;
