-- Exact arithmetic of lots, splits and interest. Where a quotient does not end it is kept to 20
-- decimals, which is more than any product of a price and a quantity has.

create or replace function books.take_part(p_amount numeric, p_part numeric, p_whole numeric)
returns numeric
language sql immutable parallel safe as $$
    select case
        when p_part = p_whole then p_amount
        else trim_scale(round(round(p_amount * p_part, 40) / p_whole, 20))
    end
$$;
comment on function books.take_part(numeric, numeric, numeric) is
    'What a part of a whole has of its amount; exact where it ends within 20 decimals.';

create or replace function books.after_split(p_quantity numeric, p_ratio numeric)
returns numeric
language sql immutable parallel safe as $$
    select case when p_ratio = 1 then p_quantity else trim_scale(round(p_quantity * p_ratio, 10)) end
$$;
comment on function books.after_split(numeric, numeric) is
    'Units after a split, to 10 decimals, as many as a message may state.';

create or replace function books.due_after(
    p_business_date date, p_dates date[], p_quantities numeric[], p_opening_dates date[],
    p_opening_quantities numeric[], p_split_ratio numeric
) returns table (dates date[], quantities numeric[])
language sql immutable parallel safe as $$
    select
        coalesce(array_agg(later.due_date order by later.due_date), '{}'),
        coalesce(array_agg(later.quantity order by later.due_date), '{}')
    from (
        select either.due_date, sum(either.quantity) as quantity
        from (
            select own.due_date, own.quantity
            from unnest(p_dates, p_quantities) as own (due_date, quantity)
            union all
            select earlier.due_date, books.after_split(earlier.quantity, p_split_ratio)
            from unnest(p_opening_dates, p_opening_quantities) as earlier (due_date, quantity)
        ) as either
        where either.due_date > p_business_date
        group by either.due_date
        having sum(either.quantity) <> 0
    ) as later
$$;
comment on function books.due_after(date, date[], numeric[], date[], numeric[], numeric) is
    'What is due after a date: what it brought itself, and what it opened with, in units after '
    'splits; by settlement date, in its order.';

create or replace function books.add_at_average(
    p_state numeric[], p_quantity numeric, p_amount numeric
) returns numeric[]
language plpgsql immutable parallel safe as $$
-- {position, its cost}; quantity, amount (quantity x price) and cost are signed alike
declare
    held constant numeric := p_state[1];
    left_over constant numeric := p_state[1] + p_quantity;
begin
    if held = 0 or (held > 0) = (p_quantity > 0) then
        return array[left_over, p_state[2] + p_amount];
    elsif left_over = 0 then
        return array[0, 0];
    elsif (left_over > 0) = (held > 0) then
        return array[left_over, books.take_part(p_state[2], left_over, held)];
    end if;
    return array[left_over, books.take_part(p_amount, left_over, p_quantity)];
end
$$;
comment on function books.add_at_average(numeric[], numeric, numeric) is
    'One fill at average cost: what adds to the position adds its amount, what reduces it takes its '
    'share of the cost along, and what crosses zero opens anew at its own price.';

create or replace function books.read_average_cost(p_state numeric[]) returns numeric
language sql immutable parallel safe as $$
    select p_state[2]
$$;
comment on function books.read_average_cost(numeric[]) is 'The cost in the state of average_cost.';

-- what is laid anew must be gone before; nothing leans on an aggregate
drop aggregate if exists books.average_cost(numeric, numeric);
create aggregate books.average_cost(numeric, numeric) (
    sfunc = books.add_at_average,
    stype = numeric[],
    finalfunc = books.read_average_cost,
    initcond = '{0,0}',
    parallel = safe
);
comment on aggregate books.average_cost(numeric, numeric) is
    'Cost of the position that signed quantities with their signed amounts leave, in their order.';

drop aggregate if exists books.product(numeric);
create aggregate books.product(numeric) (
    sfunc = numeric_mul, stype = numeric, initcond = '1', parallel = safe
);
comment on aggregate books.product(numeric) is 'Exact product.';

create or replace function books.split_ratio(p_symbol text, p_after date, p_until date)
returns numeric
language sql stable as $$
    select coalesce(
        round(round(books.product(new_shares), 40) / books.product(old_shares), 40), 1
    )
    from reference.share_splits
    where symbol = p_symbol
      and ex_date > p_after
      and ex_date <= p_until
$$;
comment on function books.split_ratio(text, date, date) is
    'Units held per unit before, by all splits with an ex-date after the first date, up to the second.';

create or replace function books.count_days_30_360(p_from date, p_until date) returns integer
language sql immutable parallel safe as $$
    select 360 * (extract(year from p_until) - extract(year from p_from))::integer
        + 30 * (extract(month from p_until) - extract(month from p_from))::integer
        + case
            when extract(day from p_until) = 31 and extract(day from p_from) >= 30 then 30
            else extract(day from p_until)::integer
        end
        - least(extract(day from p_from)::integer, 30)
$$;
comment on function books.count_days_30_360(date, date) is
    'Days between two dates by the bond basis (ISDA 2006 definitions, section 4.16(f)): months of 30, '
    'years of 360 days.';

create or replace function books.coupon_date(
    p_maturity date, p_months integer, p_at_month_end boolean
) returns date
language sql immutable parallel safe as $$
    select case
        when p_at_month_end then (
            date_trunc('month', p_maturity - make_interval(months => p_months))
            + interval '1 month - 1 day'
        )::date
        else (p_maturity - make_interval(months => p_months))::date
    end
$$;
comment on function books.coupon_date(date, integer, boolean) is
    'The coupon date so many months before maturity.';

drop function if exists books.coupon_interest(date, numeric, integer, date, text);
create function books.coupon_interest(
    p_on date, p_rate numeric, p_per_year integer, p_maturity date, p_day_count text
)
returns table (accrued_interest numeric, interest_to_date numeric)
language sql immutable parallel safe as $$
    with asked as (
        select
            least(p_on, p_maturity) as day,
            12 / p_per_year as months,
            -- where it matures at the end of a month, it pays at the ends of months
            extract(month from p_maturity + 1) <> extract(month from p_maturity) as at_month_end
    ),
    counted as (
        select
            a.*,
            -- coupons after the one of the period that the day's month lies in
            (
                12 * (extract(year from p_maturity) - extract(year from a.day))
                + extract(month from p_maturity) - extract(month from a.day)
            )::integer / a.months as later_count
        from asked as a
    ),
    placed as (
        select
            c.day,
            n.later_count,
            books.coupon_date(p_maturity, n.later_count * c.months, c.at_month_end) as next_date,
            books.coupon_date(p_maturity, (n.later_count + 1) * c.months, c.at_month_end) as last_date
        from counted as c
        cross join lateral (
            select c.later_count - (
                books.coupon_date(p_maturity, c.later_count * c.months, c.at_month_end) <= c.day
            )::integer as later_count
        ) as n
    ),
    accrued as (
        select
            p.later_count,
            case p_day_count
                when '30/360' then
                    round(p_rate * books.count_days_30_360(p.last_date, p.day), 40) / 360
                else
                    round(p_rate * (p.day - p.last_date), 40)
                    / (p_per_year * (p.next_date - p.last_date))
            end as amount
        from placed as p
    )
    select
        trim_scale(round(amount, 20)),
        trim_scale(round(amount - round(p_rate * (later_count + 1), 40) / p_per_year, 20))
    from accrued
$$;
comment on function books.coupon_interest(date, numeric, integer, date, text) is
    'Interest of a bullet bond per unit on a day: since its last coupon (30/360 bond basis, or ACT/ACT '
    'as ICMA rule 251 has it), and counted from maturity backwards, coupons included: between two days '
    'the second grows by what the bond earned.';
