-- purpose: sum what the date adds to each book: highest versions of executions, cancelled ones left
--          out. Amounts are price x quantity, so that cash flow and marked position agree.
--          Notes when they are not those that the date had: later packs open with their sum.
-- reads: trade.executions
-- writes: books.daily_flows, books.flow_changes
-- rerun: replace the date; changes append once, none where nothing changed
-- parameters: business_date, run_id

drop table if exists pg_temp.summed_flows;

create temporary table summed_flows on commit drop as
select
    e.account,
    e.strategy,
    e.symbol,
    e.currency,
    max(e.asset_class) as asset_class,
    count(*) as trade_count,
    coalesce(sum(e.quantity) filter (where e.side = 'BUY'), 0) as bought_quantity,
    coalesce(sum(e.quantity) filter (where e.side = 'SELL'), 0) as sold_quantity,
    coalesce(sum(e.price * e.quantity) filter (where e.side = 'BUY'), 0) as bought_amount,
    coalesce(sum(e.price * e.quantity) filter (where e.side = 'SELL'), 0) as sold_amount,
    sum(e.brokerage_fee + e.clearing_fee + e.exchange_fee) as fee_amount
from trade.executions as e
where e.business_date = %(business_date)s
  and e.status <> 'CANCELLED'
  and not exists (
      select
      from trade.executions as newer
      where newer.business_date = %(business_date)s
        and newer.trade_id = e.trade_id
        and newer.version > e.version
        and newer.version > 1
  )
group by e.account, e.strategy, e.symbol, e.currency;

with stored as (
    select
        account, strategy, symbol, currency, asset_class, trade_count::bigint, bought_quantity,
        sold_quantity, bought_amount, sold_amount, fee_amount
    from books.daily_flows
    where business_date = %(business_date)s
),
changed as (
    (table stored except table summed_flows)
    union all
    (table summed_flows except table stored)
)
insert into books.flow_changes (business_date, run_id)
select %(business_date)s, %(run_id)s
where exists (select from changed);

delete from books.daily_flows where business_date = %(business_date)s;

insert into books.daily_flows (
    business_date, account, strategy, symbol, asset_class, currency, trade_count, bought_quantity,
    sold_quantity, bought_amount, sold_amount, fee_amount
)
select
    %(business_date)s,
    account,
    strategy,
    symbol,
    asset_class,
    currency,
    trade_count,
    bought_quantity,
    sold_quantity,
    bought_amount,
    sold_amount,
    fee_amount
from summed_flows;

select coalesce(sum(trade_count), 0) as rows_in, count(*) as rows_out
from summed_flows;
