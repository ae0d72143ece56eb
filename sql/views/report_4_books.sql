-- Positions and P&L of a closed business date, summed from the daily flows of the books.

create or replace view report.positions as
with summed as (
    select
        c.business_date,
        f.account,
        f.strategy,
        f.symbol,
        f.currency,
        max(f.asset_class) as asset_class,
        coalesce(sum(f.trade_count) filter (where f.business_date = c.business_date), 0)
            as trade_count,
        coalesce(
            sum(f.bought_quantity - f.sold_quantity)
                filter (where f.business_date < c.business_date),
            0
        ) as opening_quantity,
        coalesce(sum(f.bought_quantity) filter (where f.business_date = c.business_date), 0)
            as bought_quantity,
        coalesce(sum(f.sold_quantity) filter (where f.business_date = c.business_date), 0)
            as sold_quantity,
        sum(f.bought_quantity - f.sold_quantity) as closing_quantity,
        coalesce(
            sum(f.sold_amount - f.bought_amount) filter (where f.business_date = c.business_date),
            0
        ) as cash_flow_amount,
        sum(f.sold_amount - f.bought_amount) as cash_flow_to_date_amount,
        coalesce(sum(f.fee_amount) filter (where f.business_date = c.business_date), 0)
            as fee_amount,
        sum(f.fee_amount) as fee_to_date_amount
    from control.closes c
    join books.daily_flows f on f.business_date <= c.business_date
    group by c.business_date, f.account, f.strategy, f.symbol, f.currency
)
select
    s.*,
    mark.mark_price,
    mark.business_date as mark_date,
    mark.mark_source,
    case when s.closing_quantity = 0 then 0 else s.closing_quantity * mark.mark_price end
        as market_value_amount,
    case when s.opening_quantity = 0 then 0 else s.opening_quantity * opening_mark.mark_price end
        as opening_value_amount
from summed s
left join lateral (
    select m.mark_price, m.business_date, m.mark_source
    from books.marks m
    where m.symbol = s.symbol
      and m.currency = s.currency
      and m.business_date <= s.business_date
    order by m.business_date desc
    limit 1
) mark on true
left join lateral (
    select m.mark_price
    from books.marks m
    where m.symbol = s.symbol
      and m.currency = s.currency
      and m.business_date < s.business_date
    order by m.business_date desc
    limit 1
) opening_mark on true
where s.closing_quantity <> 0
   or s.opening_quantity <> 0
   or s.trade_count > 0;
comment on view report.positions is
    'opening + bought - sold = closing, per book, instrument and currency. Amounts in currency; '
    'market value at the newest mark up to the date.';

create or replace view report.pnl as
select
    business_date,
    account,
    strategy,
    symbol,
    asset_class,
    currency,
    opening_value_amount,
    cash_flow_amount,
    market_value_amount,
    market_value_amount - opening_value_amount + cash_flow_amount as day_pnl_amount,
    fee_amount,
    market_value_amount - opening_value_amount + cash_flow_amount - fee_amount
        as day_pnl_after_fees_amount,
    cash_flow_to_date_amount,
    market_value_amount + cash_flow_to_date_amount as pnl_to_date_amount,
    fee_to_date_amount
from report.positions;
comment on view report.pnl is
    'Cash-consistent P&L: closing value - opening value + cash flow. To date: cash flow since the '
    'first trade + closing value. Fees stand apart. Null where a held position has no mark.';
