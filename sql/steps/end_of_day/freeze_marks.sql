-- purpose: keep the marks, the interest and the rates that the close of the date values its books
--          by: what is told later of the date must be what was told then.
-- reads: reference.instruments, reference.instrument_terms, books.close_marks, books.close_rates;
--        by functions books.holdings, books.closing_positions, reference.book_rules, the marks of
--        schema market and the calendars
-- writes: books.close_marks, books.close_rates
-- rerun: append once: what stands so already is not written again
-- parameters: business_date, update_id

drop table if exists pg_temp.valued_holdings;

create temporary table valued_holdings on commit drop as
select distinct s.symbol, s.currency, r.base_currency
from books.states_on(%(business_date)s, %(update_id)s) as s
cross join lateral books.rule_of(s.account, s.strategy, %(business_date)s) as r
where s.quantity <> 0
   or s.moved_on = %(business_date)s;

with wanted as (
    select
        v.symbol, v.currency, m.price, m.mark_date, m.source, m.is_stale,
        -- per unit of quantity, as the price times the multiplier is
        coalesce(c.accrued_interest * t.multiplier, 0),
        coalesce(c.interest_to_date * t.multiplier, 0)
    from (select distinct symbol, currency from valued_holdings) as v
    left join market.marks_on(%(business_date)s) as m
        on m.symbol = v.symbol and m.currency = v.currency
    left join reference.instruments as i on i.symbol = v.symbol
    left join reference.instrument_terms as t on t.symbol = v.symbol
    left join lateral books.coupon_interest(
        coalesce(
            reference.settlement_date(
                coalesce(i.settlement_market_id, i.market_id), i.asset_class, %(business_date)s
            ),
            %(business_date)s
        ),
        t.coupon_rate, t.coupons_per_year, t.maturity_date, t.day_count
    ) as c on t.coupon_rate is not null
),
stored as (
    select distinct on (symbol, currency)
        symbol, currency, mark_price, mark_date, mark_source, is_stale, accrued_interest,
        interest_to_date
    from books.close_marks
    where business_date = %(business_date)s
    order by symbol, currency, update_id desc
)
insert into books.close_marks (
    business_date, update_id, symbol, currency, mark_price, mark_date, mark_source, is_stale,
    accrued_interest, interest_to_date
)
select %(business_date)s, %(update_id)s, n.*
from (table wanted except table stored) as n;

with wanted as (
    select v.currency, v.base_currency, r.rate, r.mark_date, r.source
    from (select distinct currency, base_currency from valued_holdings) as v
    left join lateral market.fx_rates_on(%(business_date)s, v.base_currency) as r
        on r.currency = v.currency
),
stored as (
    select distinct on (currency, base_currency)
        currency, base_currency, rate, rate_date, rate_source
    from books.close_rates
    where business_date = %(business_date)s
    order by currency, base_currency, update_id desc
)
insert into books.close_rates (
    business_date, update_id, currency, base_currency, rate, rate_date, rate_source
)
select %(business_date)s, %(update_id)s, n.*
from (table wanted except table stored) as n;

select
    (select count(*) from valued_holdings) as rows_in,
    (
        select count(*)
        from books.close_marks
        where business_date = %(business_date)s and update_id = %(update_id)s
    ) as rows_out;
