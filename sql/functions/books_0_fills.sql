-- What positions are made of.

drop function if exists books.fills_of(date);
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
    executed_at timestamptz
)
language sql stable parallel safe as $$
    select
        e.trade_id, e.account, e.strategy, e.symbol, e.asset_class, e.currency, e.side, e.quantity,
        e.price, e.brokerage_fee + e.clearing_fee + e.exchange_fee, e.settlement_date, e.executed_at
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
comment on function books.fills_of(date) is
    'The highest version of each execution of a date, unless it is cancelled.';
