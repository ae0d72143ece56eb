-- Positions and cash-consistent P&L of every book as of a date, summed from the daily flows.

-- what a function returns cannot be replaced
drop function if exists books.positions(date);
create function books.positions(p_business_date date)
returns table (
    account text,
    strategy text,
    symbol text,
    currency text,
    asset_class text,
    trade_count numeric,
    opening_quantity numeric,
    bought_quantity numeric,
    sold_quantity numeric,
    closing_quantity numeric,
    mark_price numeric,
    mark_date date,
    mark_source text,
    opening_value_amount numeric,
    market_value_amount numeric,
    cash_flow_amount numeric,
    cash_flow_to_date_amount numeric,
    day_pnl_amount numeric,
    pnl_to_date_amount numeric,
    fee_amount numeric,
    fee_to_date_amount numeric
)
language sql stable as $$
    with summed as (
        select
            f.account,
            f.strategy,
            f.symbol,
            f.currency,
            (array_agg(f.asset_class order by f.business_date desc))[1] as asset_class,
            sum(case when f.business_date = p_business_date then f.trade_count else 0 end)
                as trade_count,
            sum(
                case
                    when f.business_date < p_business_date then f.bought_quantity - f.sold_quantity
                    else 0
                end
            ) as opening_quantity,
            sum(case when f.business_date = p_business_date then f.bought_quantity else 0 end)
                as bought_quantity,
            sum(case when f.business_date = p_business_date then f.sold_quantity else 0 end)
                as sold_quantity,
            sum(f.bought_quantity - f.sold_quantity) as closing_quantity,
            sum(
                case
                    when f.business_date = p_business_date then f.sold_amount - f.bought_amount
                    else 0
                end
            ) as cash_flow_amount,
            sum(f.sold_amount - f.bought_amount) as cash_flow_to_date_amount,
            sum(case when f.business_date = p_business_date then f.fee_amount else 0 end)
                as fee_amount,
            sum(f.fee_amount) as fee_to_date_amount
        from books.daily_flows as f
        where f.business_date <= p_business_date
        group by f.account, f.strategy, f.symbol, f.currency
    ),
    -- the newest mark up to the date, and the newest before it
    marks as (
        select distinct on (m.symbol, m.currency)
            m.symbol, m.currency, m.mark_price, m.business_date, m.mark_source
        from books.marks as m
        where m.business_date <= p_business_date
        order by m.symbol, m.currency, m.business_date desc
    ),
    opening_marks as (
        select distinct on (m.symbol, m.currency) m.symbol, m.currency, m.mark_price
        from books.marks as m
        where m.business_date < p_business_date
        order by m.symbol, m.currency, m.business_date desc
    ),
    valued as (
        select
            s.*,
            marks.mark_price,
            marks.business_date as mark_date,
            marks.mark_source,
            case when s.opening_quantity = 0 then 0 else s.opening_quantity * o.mark_price end
                as opening_value_amount,
            case when s.closing_quantity = 0 then 0 else s.closing_quantity * marks.mark_price end
                as market_value_amount
        from summed as s
        left join marks using (symbol, currency)
        left join opening_marks as o using (symbol, currency)
    )
    select
        v.account, v.strategy, v.symbol, v.currency, v.asset_class, v.trade_count,
        v.opening_quantity, v.bought_quantity, v.sold_quantity, v.closing_quantity, v.mark_price,
        v.mark_date, v.mark_source, v.opening_value_amount, v.market_value_amount, v.cash_flow_amount,
        v.cash_flow_to_date_amount,
        v.market_value_amount - v.opening_value_amount + v.cash_flow_amount,
        v.market_value_amount + v.cash_flow_to_date_amount, v.fee_amount, v.fee_to_date_amount
    from valued as v
    where v.closing_quantity <> 0 or v.opening_quantity <> 0 or v.trade_count > 0
$$;
comment on function books.positions(date) is
    'opening + bought - sold = closing; price P&L = closing value - opening value + cash flow, of the '
    'day and since the first trade; fees apart. Null value where a held position has no mark.';
