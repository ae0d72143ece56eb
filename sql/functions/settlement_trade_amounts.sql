-- What is paid for a trade beside price times quantity.

create or replace function settlement.accrued_interest(p_symbol text, p_settlement_date date)
returns numeric
language sql stable parallel safe as $$
    select c.accrued_interest * t.multiplier
    from reference.instrument_terms as t
    cross join lateral books.coupon_interest(
        p_settlement_date, t.coupon_rate, t.coupons_per_year, t.maturity_date, t.day_count
    ) as c
    where t.symbol = p_symbol
      and t.coupon_rate is not null
$$;
comment on function settlement.accrued_interest(text, date) is
    'Interest since the last coupon that the buyer of a bond pays the seller for each unit of its '
    'quantity on a settlement date, times the multiplier as the price is, as the books count it; null '
    'where none is borne.';

create or replace function settlement.trade_amount(
    p_price numeric, p_quantity numeric, p_multiplier numeric, p_accrued_interest numeric,
    p_digits integer
)
returns numeric
language sql immutable parallel safe as $$
    select case
        when p_multiplier is null and p_accrued_interest is null
            then round(p_price * p_quantity, p_digits)
        else round(p_price * p_quantity * coalesce(p_multiplier, 1), p_digits)
            + round(p_quantity * coalesce(p_accrued_interest, 0), p_digits)
    end
$$;
comment on function settlement.trade_amount(numeric, numeric, numeric, numeric, integer) is
    'What a trade pays: price x quantity x multiplier, and the interest that a bond has accrued, each '
    'rounded half up to the minor unit.';
