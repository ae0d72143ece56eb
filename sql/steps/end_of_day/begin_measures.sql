-- purpose: take the parameters, marks and rates of the date, and value its positions by them; a
--          position without a mark or a rate has no value.
-- reads: reference.risk_parameters, reference.currencies, reference.instrument_terms,
--        books.positions, by functions
--        market.marks_on and market.fx_rates_on
-- writes: risk_terms, risk_marks, risk_rates, valued_positions, computed_measures (temporary)
-- rerun: replaces the temporary tables
-- parameters: business_date

drop table if exists
pg_temp.risk_terms, pg_temp.risk_marks, pg_temp.risk_rates, pg_temp.valued_positions,
pg_temp.computed_measures;

create temporary table risk_terms on commit drop as
select p.*, c.minor_unit_digits::integer as digits
from reference.risk_parameters as p
join reference.currencies as c on c.currency = p.base_currency
where p.effective_from <= %(business_date)s
order by p.effective_from desc
limit 1;

-- price: what one unit is worth
create temporary table risk_marks on commit drop as
select
    m.symbol, m.currency, m.price * coalesce(i.multiplier, 1) as price,
    coalesce(i.multiplier, 1) as multiplier, m.is_stale
from market.marks_on(%(business_date)s) as m
left join reference.instrument_terms as i on i.symbol = m.symbol;

create temporary table risk_rates on commit drop as
select r.currency, r.rate
from risk_terms as t
cross join lateral market.fx_rates_on(%(business_date)s, t.base_currency) as r;

create temporary table valued_positions on commit drop as
select
    p.account || '/' || p.strategy as book,
    p.account,
    p.symbol,
    p.currency,
    p.asset_class,
    p.closing_quantity as quantity,
    m.price,
    m.multiplier,
    r.rate,
    coalesce(m.is_stale, false) as is_stale,
    p.closing_quantity * m.price * r.rate as base_value
from books.positions(%(business_date)s) as p
left join risk_marks as m
    on m.symbol = p.symbol
    and m.currency = p.currency
left join risk_rates as r on r.currency = p.currency
where p.closing_quantity <> 0;

analyze valued_positions;

create temporary table computed_measures (
    measure text not null,
    subject_kind text not null,
    subject text not null,
    detail text not null,
    currency text not null,
    amount numeric,
    note text,
    primary key (measure, subject_kind, subject, detail, currency)
) on commit drop;

select count(*) as rows_in, (select count(*) from risk_terms) as rows_out
from valued_positions;
