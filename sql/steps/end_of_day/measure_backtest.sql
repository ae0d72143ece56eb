-- purpose: hold what the positions of the last measured date made until today against the value at
--          risk told for them: a greater loss is an exception. Stale marks alone show nothing.
-- reads: risk_terms, risk_marks, risk_rates (temporary), risk.versions, risk.current_measures,
--        books.positions, reference.instrument_terms, by functions market.marks_on,
--        market.fx_rates_on and books.split_ratio
-- writes: computed_measures (temporary)
-- rerun: replaces its own rows
-- parameters: business_date

delete from computed_measures where measure in ('hypothetical_pnl', 'var_exception');

insert into computed_measures
with eve as (
    select max(business_date) as day from risk.versions where business_date < %(business_date)s
),
marks_before as materialized (
    select m.symbol, m.currency, m.price * coalesce(i.multiplier, 1) as price
    from eve cross join lateral market.marks_on(eve.day) as m
    left join reference.instrument_terms as i on i.symbol = m.symbol
),
rates_before as materialized (
    select r.currency, r.rate
    from eve
    cross join risk_terms as t
    cross join lateral market.fx_rates_on(eve.day, t.base_currency) as r
),
moved as (
    select
        p.account || '/' || p.strategy as book, p.symbol,
        p.closing_quantity
            * (split.ratio * now.price * rate_now.rate - before.price * rate_then.rate) as pnl,
        now.is_stale
    from eve cross join lateral books.positions(eve.day) as p
    cross join books.split_ratio(p.symbol, eve.day, %(business_date)s) as split (ratio)
    left join risk_marks as now on now.symbol = p.symbol and now.currency = p.currency
    left join risk_rates as rate_now on rate_now.currency = p.currency
    left join marks_before as before on (before.symbol, before.currency) = (p.symbol, p.currency)
    left join rates_before as rate_then on rate_then.currency = p.currency
    where p.closing_quantity <> 0
),
outcomes as (
    select
        case when grouping(m.book) = 1 then 'FIRM' else 'BOOK' end as subject_kind,
        coalesce(m.book, 'FIRM') as subject,
        case when count(*) = count(m.pnl) then round(sum(m.pnl), max(t.digits)) end as pnl,
        bool_and(m.is_stale) as is_stale,
        'not computed: not valued: '
        || string_agg(distinct m.symbol, ', ' order by m.symbol) filter (where m.pnl is null)
            as reason
    from moved as m
    cross join risk_terms as t
    group by grouping sets ((m.book), ()) having count(*) > 0
),
judged as (
    select o.*, eve.day, t.base_currency, v.amount as var_amount
    from outcomes as o
    cross join eve
    cross join risk_terms as t
    left join risk.current_measures as v
        on v.business_date = eve.day
        and v.measure = 'value_at_risk'
        and (v.subject_kind, v.subject) = (o.subject_kind, o.subject)
)
select m.measure, j.subject_kind, j.subject, '', m.currency, m.amount, m.note
from judged as j
cross join lateral (
    values
    (
        'hypothetical_pnl', j.base_currency, j.pnl, coalesce(j.reason, concat(
            'positions of ', j.day, case when j.is_stale then ', all marks stale' end
        ))
    ),
    ('var_exception', '', (-j.pnl > j.var_amount)::integer, format('value at risk of %%s', j.day))
) as m (measure, currency, amount, note)
where m.measure = 'hypothetical_pnl'
   or j.pnl is not null and j.var_amount is not null and j.is_stale is not true;

select count(*) as rows_in, count(*) filter (where measure = 'var_exception') as rows_out
from computed_measures
where measure in ('hypothetical_pnl', 'var_exception');
