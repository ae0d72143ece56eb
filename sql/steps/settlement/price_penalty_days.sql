-- purpose: find for each of these days the class of fail, its rate, and the reference price.
-- reads: failing_days_to_price (temporary), reference.penalty_scopes, reference.penalty_rates,
--        reference.overnight_rates, and marks of the dates by market.marks_on
-- writes: priced_days (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.priced_days;

create temporary table priced_days on commit drop as
with scoped as (
    select
        f.*,
        case when f.is_lack_of_cash then 'lack_of_cash' else s.type_of_fail end as type_of_fail
    from failing_days_to_price as f
    cross join lateral (
        select n.type_of_fail
        from reference.penalty_scopes as n
        where n.market_id = f.market_id
          and n.asset_class = f.asset_class
          and n.symbol in (f.symbol, '*')
          and n.effective_from <= f.as_of_date
        order by n.symbol = '*', n.effective_from desc
        limit 1
    ) as s
    where s.type_of_fail is not null
),
marks as (
    select d.as_of_date, m.symbol, m.price, m.currency as price_currency, m.mark_date
    -- who is charged nothing while nobody knows who failed needs no price either
    from (select distinct as_of_date from scoped where failing_party <> 'UNKNOWN') as d
    cross join lateral market.marks_on(d.as_of_date) as m
)
select
    s.*,
    r.basis,
    abs(m.price) as price,
    m.mark_date,
    case when r.basis = 'REFERENCE_VALUE' then coalesce(m.price_currency, s.currency)
        else s.currency
    end as penalty_currency,
    case when r.type_of_fail is null then null
        when r.rate_bp is null then greatest(o.rate_percent, 0)
        else r.rate_bp
    end as rate,
    -- basis points a day, or percent a year of 360 days
    case when r.rate_bp is null then 36000 else 10000 end as divisor,
    case
        when s.failing_party = 'UNKNOWN' then 'failing_party'
        when r.type_of_fail is null then 'penalty_rate'
        when r.rate_bp is null and o.rate_percent is null then 'overnight_rate'
        when r.basis = 'REFERENCE_VALUE' and m.price is null then 'reference_price'
    end as lacking
from scoped as s
left join lateral (
    select n.*
    from reference.penalty_rates as n
    where n.type_of_fail = s.type_of_fail and n.effective_from <= s.as_of_date
    order by n.effective_from desc
    limit 1
) as r on true
left join marks as m on (m.as_of_date, m.symbol) = (s.as_of_date, s.symbol)
left join lateral (
    select case when n.effective_until <= s.as_of_date then null else n.rate_percent end
        as rate_percent
    from reference.overnight_rates as n
    where n.currency = s.currency and n.effective_from <= s.as_of_date
    order by n.effective_from desc
    limit 1
) as o on true;

select
    (select count(*) from failing_days_to_price) as rows_in,
    (select count(*) from priced_days) as rows_out;
