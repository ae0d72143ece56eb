-- purpose: tell the books what the date's trades owe to authorities, which no execution books: what
--          the sum of a book in an instrument changed by since it was told.
-- reads: computed_fees, fee_sets (temporary), reference.fee_rates, trade.executions (by
--        books.fills_of, with the allocations of blocks), books.levies
-- writes: books.levies
-- rerun: append once: what stands as computed is left alone
-- parameters: business_date, run_id

with levy_places as (
    select s.set_id, array_agg(p.place) as places
    from fee_sets as s
    cross join lateral unnest(s.fee_rate_ids || s.tax_ids)
        with ordinality as p (fee_rate_id, place)
    join reference.fee_rates as r using (fee_rate_id)
    where r.authority is not null
    group by s.set_id
),
levied as (
    select
        c.trade_id,
        (select coalesce(sum(c.amounts[place]), 0) from unnest(l.places) as place) as amount
    from computed_fees as c
    join levy_places as l using (set_id)
),
computed as (
    select
        f.account, f.strategy, f.symbol, f.currency,
        -- of a block each account has its share
        sum(books.take_share(l.amount, f.earlier_quantity, f.quantity, f.whole_quantity)) as amount
    from levied as l
    join books.fills_of(%(business_date)s) as f using (trade_id)
    where l.amount <> 0
    group by f.account, f.strategy, f.symbol, f.currency
),
stored as (
    select account, strategy, symbol, currency, sum(amount) as amount
    from books.levies
    where business_date = %(business_date)s
    group by account, strategy, symbol, currency
),
written as (
    insert into books.levies (
        business_date, account, strategy, symbol, currency, amount, run_id
    )
    select
        %(business_date)s, account, strategy, symbol, currency,
        coalesce(c.amount, 0) - coalesce(s.amount, 0), %(run_id)s
    from computed as c
    full join stored as s using (account, strategy, symbol, currency)
    where coalesce(c.amount, 0) <> coalesce(s.amount, 0)
    returning 1
)
select (select count(*) from levied) as rows_in, (select count(*) from written) as rows_out;
