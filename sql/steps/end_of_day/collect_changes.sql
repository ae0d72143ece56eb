-- purpose: take what happened to each instrument held between two neighbouring business days of
--          the past, as a change of one unit's value now: price and rate change by the same
--          factor (where a price is not above nought, by the same amount). Only marks of those
--          very days count.
-- reads: reference.calendar_days, risk_terms, valued_positions (temporary), by functions
--        market.history and market.rate_history
-- writes: scenario_days, scenario_rates, scenario_changes (temporary)
-- rerun: replaces the temporary tables
-- parameters: business_date, calendar_id

drop table if exists pg_temp.scenario_days, pg_temp.scenario_rates, pg_temp.scenario_changes;

create temporary table scenario_days on commit drop as
select d.calendar_date as day, lag(d.calendar_date) over (order by d.calendar_date) as day_before
from (
    select calendar_date
    from reference.calendar_days
    where calendar_id = %(calendar_id)s
      and is_business_day
      and calendar_date <= %(business_date)s
    order by calendar_date desc
    limit (select scenarios_max + 1 from risk_terms)
) as d;

create temporary table scenario_rates on commit drop as
select r.currency, d.day, r.rate / r.rate_before as factor
from (
    select
        h.currency, h.mark_date, h.rate,
        lag(h.mark_date) over series as mark_date_before,
        lag(h.rate) over series as rate_before
    from risk_terms as t
    cross join lateral market.rate_history(
        (select min(day) from scenario_days), %(business_date)s, t.base_currency
    ) as h
    where h.mark_date in (select day from scenario_days)
    window series as (partition by h.currency order by h.mark_date)
) as r
join scenario_days as d on d.day = r.mark_date and d.day_before = r.mark_date_before;

create temporary table scenario_changes on commit drop as
select
    h.symbol, h.currency, d.day,
    round(v.rate * (
        r.factor * case
            when h.price > 0 and h.price_before > 0 and v.price > 0
                then v.price * h.price / h.price_before
            else v.price + (h.price - h.price_before) * v.multiplier
        end - v.price
    ), 20) as change
from (
    select
        symbol, currency, mark_date, price,
        lag(mark_date) over series as mark_date_before,
        lag(price) over series as price_before
    from market.history((select min(day) from scenario_days), %(business_date)s)
    where mark_date in (select day from scenario_days)
    window series as (partition by symbol, currency order by mark_date)
) as h
join scenario_days as d on d.day = h.mark_date and d.day_before = h.mark_date_before
join scenario_rates as r on r.currency = h.currency and r.day = d.day
join (
    select distinct symbol, currency, price, rate, multiplier
    from valued_positions
    where base_value is not null
) as v on v.symbol = h.symbol and v.currency = h.currency;

analyze scenario_changes;

select count(*) as rows_in, (select count(*) from scenario_changes) as rows_out
from scenario_days;
