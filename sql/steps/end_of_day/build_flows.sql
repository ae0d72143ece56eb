-- purpose: sum what the date adds to each book in each instrument, and name those that are new.
--          Amounts are price x quantity x multiplier, so that cash flow and marked position agree.
-- reads: trade.executions (by books.fills_of), reference.instrument_terms, books.closing_positions
-- writes: books.holdings, date_flows (temporary)
-- rerun: upsert changed; replaces the temporary table
-- parameters: business_date

drop table if exists pg_temp.summed_flows, pg_temp.date_flows;

create temporary table summed_flows on commit drop as
select
    account,
    strategy,
    symbol,
    currency,
    settlement_date,
    max(asset_class) as asset_class,
    count(*) as trade_count,
    coalesce(sum(quantity) filter (where side = 'BUY'), 0) as bought_quantity,
    coalesce(sum(quantity) filter (where side = 'SELL'), 0) as sold_quantity,
    coalesce(sum(price * quantity) filter (where side = 'BUY'), 0) as bought_amount,
    coalesce(sum(price * quantity) filter (where side = 'SELL'), 0) as sold_amount,
    sum(fee_amount) as fee_amount,
    max(executed_at) as last_executed_at
from books.fills_of(%(business_date)s)
group by account, strategy, symbol, currency, settlement_date;

merge into books.holdings as t
using (
    select account, strategy, symbol, currency, max(asset_class) as asset_class
    from summed_flows
    group by account, strategy, symbol, currency
) as s
    on t.account = s.account
    and t.strategy = s.strategy
    and t.symbol = s.symbol
    and t.currency = s.currency
when matched and t.asset_class <> s.asset_class then update set asset_class = s.asset_class
when not matched then insert (account, strategy, symbol, currency, asset_class)
    values (s.account, s.strategy, s.symbol, s.currency, s.asset_class);

create temporary table date_flows on commit drop as
with interest as (
    select d.symbol, d.settlement_date, c.interest_to_date * t.multiplier as interest_to_date
    from (select distinct symbol, settlement_date from summed_flows) as d
    join reference.instrument_terms as t on t.symbol = d.symbol and t.coupon_rate is not null
    cross join lateral books.coupon_interest(
        d.settlement_date, t.coupon_rate, t.coupons_per_year, t.maturity_date, t.day_count
    ) as c
)
select
    h.holding_id,
    sum(f.trade_count)::bigint as trade_count,
    sum(f.bought_quantity) as bought_quantity,
    sum(f.sold_quantity) as sold_quantity,
    sum(f.bought_amount) * coalesce(max(t.multiplier), 1) as bought_amount,
    sum(f.sold_amount) * coalesce(max(t.multiplier), 1) as sold_amount,
    sum(f.fee_amount) as fee_amount,
    coalesce(sum((f.bought_quantity - f.sold_quantity) * i.interest_to_date), 0) as interest_amount,
    array_agg(f.settlement_date order by f.settlement_date) as due_dates,
    array_agg(f.bought_quantity - f.sold_quantity order by f.settlement_date) as due_quantities
from summed_flows as f
join books.holdings as h using (account, strategy, symbol, currency)
left join reference.instrument_terms as t on t.symbol = f.symbol
left join interest as i on i.symbol = f.symbol and i.settlement_date = f.settlement_date
group by h.holding_id;

-- what the date has no more, by corrections or quarantine
insert into date_flows
select distinct c.holding_id, 0, 0, 0, 0, 0, 0, 0, array[]::date[], array[]::numeric[]
from books.closing_positions as c
where c.business_date = %(business_date)s
  and c.holding_id not in (select holding_id from date_flows);

select coalesce(sum(trade_count), 0) as rows_in, count(*) as rows_out
from date_flows;
