-- The P&L of a close, and what it is made of.

drop function if exists books.values_on(date, bigint);
create function books.values_on(p_business_date date, p_update_id bigint)
returns table (
    holding_id integer,
    account text,
    strategy text,
    symbol text,
    currency text,
    asset_class text,
    moved_on date,
    cost_method text,
    quantity numeric,
    contractual_quantity numeric,
    cost_amount numeric,
    cash_flow_to_date_amount numeric,
    realised_to_date_amount numeric,
    fee_to_date_amount numeric,
    mark_price numeric,
    mark_date date,
    mark_source text,
    is_stale_mark boolean,
    unit_amount numeric,
    value_amount numeric,
    accrued_amount numeric,
    carry_to_date_amount numeric,
    net_to_date_amount numeric
)
language sql stable as $$
    with marks as (
        select distinct on (m.symbol, m.currency)
            m.symbol, m.currency, m.mark_date, m.mark_source, m.is_stale, m.accrued_interest,
            m.interest_to_date,
            -- NaN, of a close from before such prices were refused: unpriced
            case when abs(m.mark_price) < 'Infinity' then m.mark_price end as mark_price
        from books.close_marks as m
        where m.business_date = p_business_date
          and m.update_id <= p_update_id
        order by m.symbol, m.currency, m.update_id desc
    ),
    valued as (
        select
            s.*,
            m.mark_price,
            m.mark_date,
            m.mark_source,
            m.is_stale,
            m.mark_price * coalesce(t.multiplier, 1) as unit_amount,
            case when s.quantity = 0 then 0
                else s.quantity * m.mark_price * coalesce(t.multiplier, 1)
            end as value_amount,
            s.quantity * coalesce(m.accrued_interest, 0) as accrued_amount,
            s.quantity * coalesce(m.interest_to_date, 0) - s.interest_to_date_amount
                as carry_to_date_amount
        from books.states_on(p_business_date, p_update_id) as s
        left join marks as m on m.symbol = s.symbol and m.currency = s.currency
        left join reference.instrument_terms as t on t.symbol = s.symbol
    )
    select
        holding_id, account, strategy, symbol, currency, asset_class, moved_on, cost_method, quantity,
        contractual_quantity, cost_amount, cash_flow_to_date_amount, realised_to_date_amount,
        fee_to_date_amount, mark_price, mark_date, mark_source, is_stale, unit_amount, value_amount,
        accrued_amount, carry_to_date_amount,
        cash_flow_to_date_amount + value_amount + carry_to_date_amount - fee_to_date_amount
    from valued
$$;
comment on function books.values_on(date, bigint) is
    'Each holding after a date, by the marks of that date''s close, of what was written up to an '
    'update. Null value: held and unpriced. net = cash flow + value + carry - fees.';

drop function if exists books.rates_on(date, bigint);
create function books.rates_on(p_business_date date, p_update_id bigint)
returns table (currency text, base_currency text, rate numeric)
language sql stable as $$
    select distinct on (currency, base_currency) currency, base_currency, rate
    from books.close_rates
    where business_date = p_business_date
      and update_id <= p_update_id
    order by currency, base_currency, update_id desc
$$;
comment on function books.rates_on(date, bigint) is
    'Rates by which the close of a date told amounts in a base currency.';

-- what a function returns cannot be replaced
drop function if exists books.positions(date);
drop function if exists books.positions(date, timestamptz);
create function books.positions(p_business_date date, p_known_at timestamptz default 'infinity')
returns table (
    account text,
    strategy text,
    symbol text,
    currency text,
    asset_class text,
    cost_method text,
    trade_count bigint,
    opening_quantity numeric,
    bought_quantity numeric,
    sold_quantity numeric,
    closing_quantity numeric,
    contractual_quantity numeric,
    cost_amount numeric,
    mark_price numeric,
    mark_date date,
    mark_source text,
    is_stale_mark boolean,
    opening_value_amount numeric,
    market_value_amount numeric,
    accrued_amount numeric,
    cash_flow_amount numeric,
    cash_flow_to_date_amount numeric,
    day_pnl_amount numeric,
    pnl_to_date_amount numeric,
    realised_amount numeric,
    realised_to_date_amount numeric,
    unrealised_amount numeric,
    fee_amount numeric,
    fee_to_date_amount numeric,
    opening_move_amount numeric,
    new_trade_amount numeric,
    carry_amount numeric,
    correction_amount numeric,
    total_amount numeric,
    unexplained_amount numeric,
    base_currency text,
    fx_rate numeric,
    fx_base_amount numeric,
    total_base_amount numeric,
    unexplained_limit numeric,
    levy_amount numeric
)
language sql stable as $$
    with known as (
        select max(update_id) as update_id
        from books.updates
        where known_at <= p_known_at
    ),
    -- the close before, and the last that was known when its figures were told
    previous as (
        select u.business_date, u.update_id
        from books.updates as u
        where u.business_date < p_business_date
          and u.update_id <= (select update_id from known)
        order by u.business_date desc, u.update_id desc
        limit 1
    ),
    closing as (
        select v.* from known as k cross join lateral books.values_on(p_business_date, k.update_id) as v
    ),
    opening as (
        select v.*
        from known as k
        cross join previous as p
        cross join lateral books.values_on(p.business_date, k.update_id) as v
    ),
    told as (
        select v.holding_id, v.quantity, v.net_to_date_amount
        from previous as p
        cross join lateral books.values_on(p.business_date, p.update_id) as v
    ),
    flows as (
        select distinct on (c.holding_id)
            c.holding_id, c.trade_count, c.bought_quantity, c.sold_quantity
        from books.closing_positions as c
        where c.business_date = p_business_date
          and c.update_id <= (select update_id from known)
        order by c.holding_id, c.update_id desc
    ),
    levies as (
        select account, strategy, symbol, currency, sum(amount) as amount
        from books.levies
        where business_date = p_business_date
          and known_at <= p_known_at
        group by account, strategy, symbol, currency
    ),
    moved as (
        select
            c.*,
            coalesce(
                l.amount,
                -- where none were computed, none are known
                case when p_business_date in (select business_date from settlement.charged_dates)
                    then 0
                end
            ) as levy_amount,
            coalesce(f.trade_count, 0) as trade_count,
            coalesce(f.bought_quantity, 0) as bought_quantity,
            coalesce(f.sold_quantity, 0) as sold_quantity,
            c.quantity - coalesce(f.bought_quantity - f.sold_quantity, 0) as opening_quantity,
            case when o.holding_id is null then 0 else o.value_amount end as opening_value_amount,
            c.cash_flow_to_date_amount - coalesce(o.cash_flow_to_date_amount, 0) as cash_flow_amount,
            c.realised_to_date_amount - coalesce(o.realised_to_date_amount, 0) as realised_amount,
            c.fee_to_date_amount - coalesce(o.fee_to_date_amount, 0) as fee_amount,
            c.carry_to_date_amount - coalesce(o.carry_to_date_amount, 0) as carry_amount,
            coalesce(o.accrued_amount, 0) as opening_accrued_amount,
            -- what the close before told of an unpriced position was nothing
            coalesce(told.net_to_date_amount, 0) as told_amount,
            case when o.holding_id is null then 0 else o.net_to_date_amount end
                - case when told.holding_id is null then 0 else told.net_to_date_amount end
                as correction_amount,
            r.base_currency,
            r.unexplained_limit
        from closing as c
        left join flows as f using (holding_id)
        left join opening as o using (holding_id)
        left join told using (holding_id)
        left join levies as l
            on l.account = c.account
            and l.strategy = c.strategy
            and l.symbol = c.symbol
            and l.currency = c.currency
        left join lateral books.rule_of(c.account, c.strategy, p_business_date) as r on true
    ),
    rates as (
        select q.currency, q.base_currency, q.rate
        from known as k
        cross join lateral books.rates_on(p_business_date, k.update_id) as q
    ),
    previous_rates as (
        select q.currency, q.base_currency, q.rate
        from previous as p
        cross join lateral books.rates_on(p.business_date, p.update_id) as q
    ),
    explained as (
        select
            m.*,
            case when m.opening_quantity = 0 and m.opening_value_amount = 0 then 0
                else m.opening_quantity * m.unit_amount - m.opening_value_amount
            end as opening_move_amount,
            case when m.bought_quantity = m.sold_quantity then m.cash_flow_amount
                else (m.bought_quantity - m.sold_quantity) * m.unit_amount + m.cash_flow_amount
            end as new_trade_amount,
            m.net_to_date_amount - m.told_amount - coalesce(m.levy_amount, 0) as total_amount,
            now_rate.rate,
            case when m.opening_value_amount + m.opening_accrued_amount = 0 then 0
                else (m.opening_value_amount + m.opening_accrued_amount)
                    * (now_rate.rate - then_rate.rate)
            end as fx_base_amount
        from moved as m
        left join rates as now_rate
            on now_rate.currency = m.currency and now_rate.base_currency = m.base_currency
        left join previous_rates as then_rate
            on then_rate.currency = m.currency and then_rate.base_currency = m.base_currency
    )
    select
        account, strategy, symbol, currency, asset_class, cost_method, trade_count, opening_quantity,
        bought_quantity, sold_quantity, quantity, contractual_quantity, cost_amount, mark_price,
        mark_date, mark_source, is_stale_mark, opening_value_amount, value_amount, accrued_amount,
        cash_flow_amount, cash_flow_to_date_amount,
        value_amount - opening_value_amount + cash_flow_amount,
        value_amount + cash_flow_to_date_amount, realised_amount, realised_to_date_amount, value_amount - cost_amount,
        fee_amount, fee_to_date_amount, opening_move_amount, new_trade_amount, carry_amount,
        correction_amount, total_amount,
        total_amount - coalesce(opening_move_amount, 0) - coalesce(new_trade_amount, 0)
            - carry_amount - coalesce(correction_amount, 0) + fee_amount
            + coalesce(levy_amount, 0),
        base_currency, rate, fx_base_amount, total_amount * rate + fx_base_amount,
        unexplained_limit, levy_amount
    from explained
    where quantity <> 0
       or opening_quantity <> 0
       or trade_count > 0
       or total_amount <> 0
$$;
comment on function books.positions(date, timestamptz) is
    'Positions and P&L of every book at the close of a date. opening + bought - sold = closing; '
    'day P&L = market value - opening value + cash flow = opening move + new trades = realised + change '
    'of unrealised; total = day P&L + carry - fees - levies + corrections (of what the close before told) '
    '+ unexplained; fees: as executions book them; levies: computed and owed beside them, of the '
    'date''s trades, null where none were computed yet; in base currency the opening value''s change of rate apart. Null where a held '
    'position has no mark, or its currency no rate.';
