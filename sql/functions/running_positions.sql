-- Positions of a date that is still open.

drop function if exists books.running_positions(date);
create function books.running_positions(p_business_date date)
returns table (
    account text,
    strategy text,
    symbol text,
    currency text,
    side text,
    trade_count bigint,
    opening_quantity numeric,
    bought_quantity numeric,
    sold_quantity numeric,
    quantity numeric,
    cash_flow_amount numeric,
    fee_amount numeric,
    mark_price numeric,
    mark_date date,
    opening_value_amount numeric,
    market_value_amount numeric,
    day_pnl_amount numeric
)
language sql stable as $$
    with previous as (
        select max(business_date) as business_date
        from books.updates
        where business_date < p_business_date
    ),
    opening as (
        select
            v.account, v.strategy, v.symbol, v.currency, v.value_amount,
            books.after_split(
                v.quantity, books.split_ratio(v.symbol, p.business_date, p_business_date)
            ) as quantity
        from previous as p
        cross join lateral books.values_on(
            p.business_date, (select max(update_id) from books.updates)
        ) as v
        where v.quantity <> 0
    ),
    flows as (
        select
            account, strategy, symbol, currency,
            count(*) as trade_count,
            coalesce(sum(quantity) filter (where side = 'BUY'), 0) as bought_quantity,
            coalesce(sum(quantity) filter (where side = 'SELL'), 0) as sold_quantity,
            sum(case side when 'BUY' then -price * quantity else price * quantity end)
                as cash_flow_amount,
            sum(fee_amount) as fee_amount
        from books.fills_of(p_business_date)
        group by account, strategy, symbol, currency
    ),
    joined as (
        select
            account, strategy, symbol, currency,
            coalesce(f.trade_count, 0) as trade_count,
            coalesce(o.quantity, 0) as opening_quantity,
            coalesce(f.bought_quantity, 0) as bought_quantity,
            coalesce(f.sold_quantity, 0) as sold_quantity,
            coalesce(o.quantity, 0) + coalesce(f.bought_quantity - f.sold_quantity, 0) as quantity,
            coalesce(f.cash_flow_amount, 0) as flow_amount,
            coalesce(f.fee_amount, 0) as fee_amount,
            case when o.quantity is null then 0 else o.value_amount end as opening_value_amount
        from opening as o
        full join flows as f using (account, strategy, symbol, currency)
    ),
    valued as (
        select
            j.*,
            m.price,
            m.mark_date,
            j.flow_amount * coalesce(t.multiplier, 1) as cash_flow_amount,
            case when j.quantity = 0 then 0
                else j.quantity * m.price * coalesce(t.multiplier, 1)
            end as market_value_amount
        from joined as j
        left join reference.instrument_terms as t on t.symbol = j.symbol
        left join market.marks_on(p_business_date) as m
            on m.symbol = j.symbol and m.currency = j.currency
    )
    select
        account, strategy, symbol, currency,
        case sign(quantity) when 1 then 'LONG' when -1 then 'SHORT' else 'FLAT' end,
        trade_count, opening_quantity, bought_quantity, sold_quantity, quantity, cash_flow_amount,
        fee_amount, price, mark_date, opening_value_amount, market_value_amount,
        market_value_amount - opening_value_amount + cash_flow_amount
    from valued
$$;
comment on function books.running_positions(date) is
    'Positions and price P&L of a date so far: what the close before left, and the date''s trades as '
    'they are now. It costs what the date has, whatever came before. What of the P&L is realised needs '
    'lots: the command positions tells it, by the steps of the close.';
