-- purpose: value each book as if what happened between two neighbouring business days of the past
--          happened now: prices and rates change by the same factor (where a price is not above
--          nought, by the same amount). A day counts for a book that has all its marks on both
--          days.
-- reads: reference.calendar_days, risk_terms, valued_positions (temporary), by functions
--        market.history and market.rate_history
-- writes: scenario_days, scenario_prices, scenario_results (temporary)
-- rerun: replaces the temporary tables
-- parameters: business_date, calendar_id

drop table if exists pg_temp.scenario_days, pg_temp.scenario_prices, pg_temp.scenario_results;

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

create temporary table scenario_prices on commit drop as
with history as materialized (
    select symbol, currency, mark_date, price
    from market.history((select min(day) from scenario_days), %(business_date)s)
)
select
    now.symbol, now.currency, d.day, before.price as price_before, now.price as price_after,
    case
        when now.currency = t.base_currency then 1
        else rate_now.rate / rate_before.rate
    end as rate_factor
from risk_terms as t
cross join scenario_days as d
join history as now on now.mark_date = d.day
join history as before
    on before.mark_date = d.day_before
    and before.symbol = now.symbol
    and before.currency = now.currency
left join market.rate_history(
    (select min(day) from scenario_days), %(business_date)s, t.base_currency
) as rate_now
    on rate_now.mark_date = d.day
    and rate_now.currency = now.currency
left join market.rate_history(
    (select min(day) from scenario_days), %(business_date)s, t.base_currency
) as rate_before
    on rate_before.mark_date = d.day_before
    and rate_before.currency = now.currency;

create temporary table scenario_results on commit drop as
select
    case when grouping(p.book) = 1 then 'FIRM' else 'BOOK' end as subject_kind,
    coalesce(p.book, 'FIRM') as subject,
    s.day,
    count(*) as position_count,
    round(
        sum(
            p.quantity * p.rate * s.rate_factor * case
                when s.price_before > 0 and s.price_after > 0 and p.price > 0
                    then p.price * s.price_after / s.price_before
                else p.price + s.price_after - s.price_before
            end - p.base_value
        ),
        max(t.digits)
    ) as pnl
from valued_positions as p
join scenario_prices as s on s.symbol = p.symbol and s.currency = p.currency
cross join risk_terms as t
where p.base_value is not null
  and s.rate_factor is not null
group by grouping sets ((s.day, p.book), (s.day));

select count(*) as rows_in, (select count(*) from scenario_results) as rows_out
from scenario_prices;
