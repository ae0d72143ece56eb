-- Overrides of marks that concern the date, with what each moves of the positions at its close:
-- position x (new mark - old mark). Null: there was no mark to compare with, or no rate.
create temporary table pack_overrides on commit drop as
with held as (
    select
        symbol,
        currency,
        sum(closing_quantity) as quantity,
        max(mark_price) as close_price,
        min(base_currency) as base_currency,
        case
            -- books of several base currencies, or a position without a rate: no one amount
            when min(base_currency) = max(base_currency)
                and not bool_or(fx_rate is null and closing_quantity <> 0)
                then coalesce(sum(closing_quantity * fx_rate), 0)
        end as base_quantity
    from pack_positions
    group by symbol, currency
)
select
    %(business_date)s::date as business_date,
    o.*,
    coalesce(h.quantity, 0) as position_quantity,
    h.close_price,
    coalesce(h.quantity, 0) * coalesce(t.multiplier, 1) * (o.new_price - o.old_price)
        as moved_amount,
    h.base_currency,
    h.base_quantity * coalesce(t.multiplier, 1) * (o.new_price - o.old_price)
        as moved_base_amount
from market.overrides_on(%(business_date)s) as o
left join held as h on h.symbol = o.symbol and h.currency = o.currency and o.mark_kind <> 'CURVE'
left join reference.instrument_terms as t on t.symbol = o.symbol
