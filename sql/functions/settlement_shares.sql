-- Exact shares: the cash of a part, and how much of what is wanted can be had.

create or replace function settlement.divide_rounded(
    p_dividend numeric, p_divisor numeric, p_digits integer
) returns numeric
language sql immutable parallel safe as $$
    select round(
        sign(p_dividend) * div(
            2 * abs(p_dividend) * power(10::numeric, p_digits) + p_divisor, 2 * p_divisor
        ) * power(10::numeric, -p_digits),
        p_digits
    )
$$;
comment on function settlement.divide_rounded(numeric, numeric, integer) is
    'Quotient rounded half away from zero, once: the plain division rounds before round() does. The '
    'divisor is positive.';

create or replace function settlement.part_amount(
    p_quantity numeric, p_amount numeric, p_settled_quantity numeric, p_settled_amount numeric,
    p_part numeric, p_digits integer
) returns numeric
language sql immutable parallel safe as $$
    select case
        when p_settled_quantity + p_part = p_quantity then p_amount - p_settled_amount
        else settlement.divide_rounded(
            p_amount * (p_settled_quantity + p_part), p_quantity, p_digits
        ) - p_settled_amount
    end
$$;
comment on function settlement.part_amount(
    numeric, numeric, numeric, numeric, numeric, integer
) is
    'Cash of the next part: what all parts so far are worth, less what was paid. The last one takes '
    'the rest, so that the parts add up to the whole.';

create or replace function settlement.releasable_quantity(
    p_available numeric, p_is_payment boolean, p_wanted numeric, p_lot numeric,
    p_quantity numeric, p_amount numeric, p_settled_quantity numeric, p_settled_amount numeric,
    p_digits integer
) returns numeric
language sql immutable parallel safe as $$
    select case
        when p_available <= 0 or p_wanted <= 0 then 0
        when not p_is_payment and p_wanted <= p_available then p_wanted
        when p_is_payment and settlement.part_amount(
            p_quantity, p_amount, p_settled_quantity, p_settled_amount, p_wanted, p_digits
        ) <= p_available then p_wanted
        when p_lot is null then 0
        when not p_is_payment then div(p_available, p_lot) * p_lot
        else greatest(
            div(
                (p_settled_amount + trunc(p_available, p_digits)) * p_quantity
                - p_settled_quantity * p_amount,
                p_amount * p_lot
            ) * p_lot,
            0
        )
    end
$$;
comment on function settlement.releasable_quantity(
    numeric, boolean, numeric, numeric, numeric, numeric, numeric, numeric, integer
) is
    'How much of the wanted quantity can be delivered (or, p_is_payment, paid) out of what is '
    'available: all, or else whole lots, or nothing where p_lot is null: no parts are allowed.';

create or replace function settlement.draw(
    p_left numeric, p_available numeric, p_is_payment boolean, p_wanted numeric, p_lot numeric,
    p_quantity numeric, p_amount numeric, p_settled_quantity numeric, p_settled_amount numeric,
    p_digits integer
) returns numeric
language plpgsql immutable parallel safe as $$
declare
    available constant numeric := coalesce(p_left, p_available);
    part constant numeric := settlement.releasable_quantity(
        available, p_is_payment, p_wanted, p_lot, p_quantity, p_amount, p_settled_quantity,
        p_settled_amount, p_digits
    );
begin
    if part = 0 then
        return available;
    elsif p_is_payment then
        return available - settlement.part_amount(
            p_quantity, p_amount, p_settled_quantity, p_settled_amount, part, p_digits
        );
    end if;
    return available - part;
end
$$;
comment on function settlement.draw(
    numeric, numeric, boolean, numeric, numeric, numeric, numeric, numeric, numeric, integer
) is 'What is left of a pool after one more demand was served; null before the first.';

create or replace aggregate settlement.left_after(
    numeric, boolean, numeric, numeric, numeric, numeric, numeric, numeric, integer
) (sfunc = settlement.draw, stype = numeric);
comment on aggregate settlement.left_after(
    numeric, boolean, numeric, numeric, numeric, numeric, numeric, numeric, integer
) is
    'As a window, in order of priority: what is left of the pool after each demand. A demand that '
    'cannot be served is passed over, so that a smaller one behind it may settle.';
