-- Positions and P&L of every book, as true on a business date and as known at an instant.

drop function if exists books.rule_of(text, text, date);
create function books.rule_of(p_account text, p_strategy text, p_date date)
returns table (cost_method text, base_currency text, unexplained_limit numeric)
language sql stable rows 1 as $$
    select cost_method, base_currency, unexplained_limit
    from reference.book_rules
    where account in (p_account, '*')
      and strategy in (p_strategy, '*')
      and effective_from <= p_date
    order by strategy <> '*' desc, account <> '*' desc, effective_from desc
    limit 1
$$;
comment on function books.rule_of(text, text, date) is
    'The rule of a book in force on a date: the narrowest, of these the newest.';

drop function if exists books.states_on(date, bigint);
create function books.states_on(p_business_date date, p_update_id bigint)
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
    interest_to_date_amount numeric
)
language sql stable as $$
    select
        h.holding_id, h.account, h.strategy, h.symbol, h.currency, h.asset_class, s.business_date,
        s.cost_method,
        books.after_split(s.quantity, split.ratio),
        books.after_split(s.quantity, split.ratio) - case
            when s.last_due_date > p_business_date then (
                select coalesce(books.after_split(sum(due.quantity), split.ratio), 0)
                from unnest(s.due_dates, s.due_quantities) as due (due_date, quantity)
                where due.due_date > p_business_date
            )
            else 0
        end,
        s.cost_amount,
        s.cash_flow_to_date_amount,
        s.cash_flow_to_date_amount + s.cost_amount,
        s.fee_to_date_amount,
        s.interest_to_date_amount
    from books.holdings as h
    cross join lateral (
        select
            c.business_date, c.cost_method, c.quantity, c.cost_amount, c.cash_flow_to_date_amount,
            c.fee_to_date_amount, c.interest_to_date_amount, c.due_dates, c.due_quantities,
            c.due_dates[cardinality(c.due_dates)] as last_due_date
        from books.closing_positions as c
        where c.holding_id = h.holding_id
          and c.business_date <= p_business_date
          and c.update_id <= p_update_id
        order by c.business_date desc, c.update_id desc
        limit 1
    ) as s
    cross join lateral (
        select case
            when s.business_date < p_business_date
                and h.symbol in (select symbol from reference.share_splits)
                then books.split_ratio(h.symbol, s.business_date, p_business_date)
            else 1
        end as ratio
    ) as split
$$;
comment on function books.states_on(date, bigint) is
    'Where each holding stands after a date, of what was written up to an update. One look-up each, '
    'whatever came before.';

drop function if exists books.positions_as_of(date, timestamptz);
create function books.positions_as_of(
    p_business_date date, p_known_at timestamptz default 'infinity'
)
returns table (
    account text,
    strategy text,
    symbol text,
    currency text,
    asset_class text,
    side text,
    quantity numeric,
    contractual_quantity numeric,
    cost_method text,
    cost_amount numeric,
    realised_to_date_amount numeric,
    cash_flow_to_date_amount numeric,
    fee_to_date_amount numeric,
    moved_on date
)
language sql stable as $$
    select
        account, strategy, symbol, currency, asset_class,
        case sign(quantity) when 1 then 'LONG' when -1 then 'SHORT' else 'FLAT' end,
        quantity, contractual_quantity, cost_method, cost_amount, realised_to_date_amount,
        cash_flow_to_date_amount, fee_to_date_amount, moved_on
    from books.states_on(
        p_business_date,
        (select max(update_id) from books.updates where known_at <= p_known_at)
    )
$$;
comment on function books.positions_as_of(date, timestamptz) is
    'Every holding as true at the close of a date and as known at an instant: by trade date, and '
    '(contractual_quantity) by settlement date, as if all that fell due had settled; what really has '
    'is for settlement to say. Units are those of the date: splits up to it are in.';

drop function if exists books.open_lots(date, timestamptz);
create function books.open_lots(p_business_date date, p_known_at timestamptz default 'infinity')
returns table (
    account text,
    strategy text,
    symbol text,
    currency text,
    cost_method text,
    lot_number bigint,
    trade_id text,
    opened_on date,
    quantity numeric,
    cost_amount numeric
)
language sql stable as $$
    select
        h.account, h.strategy, h.symbol, h.currency, c.cost_method, lot.number,
        nullif(lot.trade_id, ''), lot.opened_on,
        sign(c.quantity) * (
            books.after_split(sum(lot.quantity) over earlier, split.ratio)
            - books.after_split(sum(lot.quantity) over earlier - lot.quantity, split.ratio)
        ),
        sign(c.quantity) * lot.amount
    from books.states_on(
        p_business_date,
        (select max(update_id) from books.updates where known_at <= p_known_at)
    ) as h
    cross join lateral (
        select newest.*
        from books.closing_positions as newest
        where newest.holding_id = h.holding_id
          and newest.business_date = h.moved_on
          and newest.update_id <= (
              select max(update_id) from books.updates where known_at <= p_known_at
          )
        order by newest.update_id desc
        limit 1
    ) as c
    cross join lateral (
        select books.split_ratio(h.symbol, c.business_date, p_business_date) as ratio
    ) as split
    cross join lateral unnest(c.lot_trade_ids, c.lot_dates, c.lot_quantities, c.lot_amounts)
        with ordinality as lot (trade_id, opened_on, quantity, amount, number)
    where h.quantity <> 0
    window earlier as (
        partition by h.holding_id order by lot.number
    )
$$;
comment on function books.open_lots(date, timestamptz) is
    'The lots that make up each position, oldest first; short ones are negative. At average cost one '
    'lot without a trade.';
