-- What positions are made of.

drop function if exists books.fills_of(date) cascade;
drop function if exists books.allocated_fills(date) cascade;
drop function if exists books.executions_of(date) cascade;

create or replace function books.take_share(
    p_amount numeric, p_earlier numeric, p_part numeric, p_whole numeric
) returns numeric
language sql immutable parallel safe as $$
    select case
        when p_part = p_whole then p_amount
        else round(p_amount * (p_earlier + p_part) / p_whole, scale(p_amount))
            - round(p_amount * p_earlier / p_whole, scale(p_amount))
    end
$$;
comment on function books.take_share(numeric, numeric, numeric, numeric) is
    'What a part of a whole has of its amount, in the amount''s own decimals: with what the earlier '
    'parts have, and the later ones, exactly all of it.';

create function books.executions_of(p_business_date date)
returns table (
    trade_id text,
    account text,
    strategy text,
    symbol text,
    asset_class text,
    currency text,
    side text,
    quantity numeric,
    price numeric,
    fee_amount numeric,
    settlement_date date,
    executed_at timestamptz,
    counterparty_id text
)
language sql stable parallel safe as $$
    select
        e.trade_id, e.account, e.strategy, e.symbol, e.asset_class, e.currency, e.side, e.quantity,
        e.price, e.brokerage_fee + e.clearing_fee + e.exchange_fee, e.settlement_date,
        e.executed_at, e.counterparty_id
    from trade.executions as e
    where e.business_date = p_business_date
      and e.status <> 'CANCELLED'
      -- nearly all have one version: two looks into a small set, and no join of the date with itself.
      -- Neither is asked anew for each row, so that several processes may read the date
      and (
          e.trade_id not in (
              select later.trade_id
              from trade.executions as later
              where later.business_date = p_business_date
                and later.version > 1
          )
          or (e.trade_id, e.version) in (
              select later.trade_id, max(later.version)
              from trade.executions as later
              where later.business_date = p_business_date
                and later.version > 1
              group by later.trade_id
          )
      )
$$;
comment on function books.executions_of(date) is
    'The highest version of each execution of a date, unless it is cancelled, in the book it was '
    'executed for.';

create function books.allocated_fills(p_business_date date)
returns table (
    trade_id text,
    account text,
    strategy text,
    symbol text,
    asset_class text,
    currency text,
    side text,
    quantity numeric,
    price numeric,
    fee_amount numeric,
    settlement_date date,
    executed_at timestamptz,
    counterparty_id text,
    earlier_quantity numeric,
    whole_quantity numeric
)
language sql stable parallel safe as $$
    select
        e.trade_id, p.account, e.strategy, e.symbol, e.asset_class, e.currency, e.side, p.quantity,
        e.price, books.take_share(e.fee_amount, p.earlier_quantity, p.quantity, p.whole_quantity),
        e.settlement_date, e.executed_at, e.counterparty_id, p.earlier_quantity, p.whole_quantity
    -- neither windows nor common table expressions: beside one no date is read by several processes
    from (
        select
            a.trade_id, a.account, a.quantity,
            coalesce(
                sum(o.quantity) filter (where o.account collate "C" < a.account collate "C"), 0
            ) as earlier_quantity,
            sum(o.quantity) as whole_quantity,
            array_agg(o.account) as accounts
        from trade.allocations as a
        join trade.allocations as o
            on o.business_date = a.business_date
            and o.trade_id = a.trade_id
            and o.allocation_version = a.allocation_version
        where a.business_date = p_business_date
          and (a.trade_id, a.allocation_version) in (
              select newest.trade_id, max(newest.allocation_version)
              from trade.allocations as newest
              where newest.business_date = p_business_date
              group by newest.trade_id
          )
        group by a.trade_id, a.account, a.quantity
    ) as p
    join books.executions_of(p_business_date) as e on e.trade_id = p.trade_id
    where e.quantity = p.whole_quantity
      -- what is said to stay with the block is not allocated
      and e.account <> all(p.accounts)
      and exists (
          select
          from reference.block_accounts as b
          where b.account = e.account
            and b.effective_from <= p_business_date
            and coalesce(b.effective_until > p_business_date, true)
      )
$$;
comment on function books.allocated_fills(date) is
    'Blocks of a date that are allocated in whole, by their newest allocation: each part in the book of '
    'its account, at the block''s price and with its share of the fees. Quantities of the parts '
    'before it (by account) and of all let any other amount be shared (books.take_share).';

create function books.fills_of(p_business_date date)
returns table (
    trade_id text,
    account text,
    strategy text,
    symbol text,
    asset_class text,
    currency text,
    side text,
    quantity numeric,
    price numeric,
    fee_amount numeric,
    settlement_date date,
    executed_at timestamptz,
    counterparty_id text,
    earlier_quantity numeric,
    whole_quantity numeric
)
language sql stable parallel safe as $$
    select
        e.trade_id, e.account, e.strategy, e.symbol, e.asset_class, e.currency, e.side, e.quantity,
        e.price, e.fee_amount, e.settlement_date, e.executed_at, e.counterparty_id, 0::numeric, e.quantity
    from books.executions_of(p_business_date) as e
    where e.trade_id not in (select a.trade_id from books.allocated_fills(p_business_date) as a)
    union all
    select
        trade_id, account, strategy, symbol, asset_class, currency, side, quantity, price,
        fee_amount, settlement_date, executed_at, counterparty_id, earlier_quantity, whole_quantity
    from books.allocated_fills(p_business_date)
$$;
comment on function books.fills_of(date) is
    'What a date brought to each book: its live executions, and in place of a block that is allocated '
    'in whole the parts of the accounts, so that nothing of it stands in the block''s own book. A block '
    'that is not, or no longer, allocated in whole stays there, and is a break of settlement.';
