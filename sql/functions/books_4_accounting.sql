-- What accounting booked for the trades of a date, against our own figures.

drop function if exists books.accounting_by_book(date);

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
language sql stable as $$
    -- both sides are stacked and grouped, not joined: a join of a fresh date is planned without
    -- knowing its size
    with sides as (
        select
            f.trade_id, f.account, f.strategy, f.currency,
            f.price * f.quantity as gross_amount,
            null::numeric as pnl_impact,
            null::numeric as commission
        from books.executions_of(p_business_date) as f
        union all
        select s.trade_id, null, null, null, null, s.pnl_impact, s.commission
        from (
            select distinct on (trade_id) trade_id, pnl_impact, commission, status
            from trade.pnl_snapshots
            where business_date = p_business_date
            order by trade_id, version desc
        ) as s
        where s.status <> 'CANCELLED'
    ),
    trades as (
        select
            trade_id,
            max(account) as account,
            max(strategy) as strategy,
            max(currency) as currency,
            sum(gross_amount) as gross_amount,
            sum(pnl_impact) as pnl_impact,
            sum(commission) as commission
        from sides
        group by trade_id
        having count(gross_amount) > 0
    )
    select
        account,
        strategy,
        currency,
        count(*),
        count(pnl_impact),
        coalesce(sum(gross_amount - commission), 0),
        coalesce(sum(pnl_impact), 0),
        coalesce(sum(pnl_impact - (gross_amount - commission)), 0)
    from trades
    group by account, strategy, currency
$$;
comment on function books.accounting_by_book(date) is
    'What accounting booked for the trades of each book, against price x quantity - commission, which is '
    'the rule of the feed, added up. Trades that accounting has not booked are in trade_count alone.';
