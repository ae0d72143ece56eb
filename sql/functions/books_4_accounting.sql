-- What accounting booked for the trades of a date, against our own figures.

drop function if exists books.accounting_by_book(date);
drop function if exists books.snapshots_of(date);

create function books.snapshots_of(p_business_date date)
returns table (trade_id text, pnl_impact numeric, commission numeric)
language sql stable parallel safe as $$
    select s.trade_id, s.pnl_impact, s.commission
    from trade.pnl_snapshots as s
    where s.business_date = p_business_date
      and s.status <> 'CANCELLED'
      -- as books.executions_of looks for later versions
      and (
          s.trade_id not in (
              select later.trade_id
              from trade.pnl_snapshots as later
              where later.business_date = p_business_date
                and later.version > 1
          )
          or (s.trade_id, s.version) in (
              select later.trade_id, max(later.version)
              from trade.pnl_snapshots as later
              where later.business_date = p_business_date
                and later.version > 1
              group by later.trade_id
          )
      )
$$;
comment on function books.snapshots_of(date) is
    'The highest version of each P&L snapshot of a date, unless it is cancelled.';

create function books.accounting_by_book(p_business_date date)
returns table (
    account text,
    strategy text,
    currency text,
    trade_count bigint,
    booked_count bigint,
    own_amount numeric,
    accounting_amount numeric,
    delta_amount numeric
)
language sql stable
-- the size of a fresh date is not known: no snapshot may be looked up for each trade of a million
set enable_nestloop to off
as $$
    select
        f.account,
        f.strategy,
        f.currency,
        count(*),
        count(s.pnl_impact),
        coalesce(sum(f.price * f.quantity - s.commission), 0),
        coalesce(sum(s.pnl_impact), 0),
        coalesce(sum(s.pnl_impact - (f.price * f.quantity - s.commission)), 0)
    from books.executions_of(p_business_date) as f
    left join books.snapshots_of(p_business_date) as s using (trade_id)
    group by f.account, f.strategy, f.currency
$$;
comment on function books.accounting_by_book(date) is
    'What accounting booked for the trades of each book, against price x quantity - commission, which is '
    'the rule of the feed, added up. Trades that accounting has not booked are in trade_count alone.';
