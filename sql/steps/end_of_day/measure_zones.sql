-- purpose: count the exceptions of the newest days that have an outcome, and say in which zone
--          they are.
-- reads: risk_terms, computed_measures (temporary), risk.current_measures,
--        reference.backtest_zones
-- writes: computed_measures (temporary)
-- rerun: replaces its own rows
-- parameters: business_date

delete from computed_measures
where measure in ('backtest_days', 'backtest_exceptions', 'backtest_plus_factor');

insert into computed_measures
with outcomes as (
    select subject_kind, subject, %(business_date)s::date as day, amount
    from computed_measures
    where measure = 'var_exception'
    union all
    select subject_kind, subject, business_date, amount
    from risk.current_measures
    where measure = 'var_exception'
      and business_date < %(business_date)s
),
placed as (
    select
        *,
        row_number() over (partition by subject_kind, subject order by day desc) as place
    from outcomes
),
counted as (
    select p.subject_kind, p.subject, count(*) as day_count, sum(p.amount) as exception_count
    from placed as p
    cross join risk_terms as t
    where p.place <= t.backtest_days
    group by p.subject_kind, p.subject
)
select m.measure, c.subject_kind, c.subject, '', '', m.amount, m.note
from counted as c
cross join risk_terms as t
left join lateral (
    select zone, plus_factor
    from reference.backtest_zones
    where effective_from <= %(business_date)s
      and exceptions_from <= c.exception_count
    order by effective_from desc, exceptions_from desc
    limit 1
) as z on true
cross join lateral (
    values
    ('backtest_days', c.day_count, null),
    ('backtest_exceptions', c.exception_count, null),
    (
        'backtest_plus_factor', z.plus_factor,
        case
            when c.day_count < t.backtest_days
                then format(
                    '%%s, of %%s only', z.zone,
                    case c.day_count when 1 then '1 day' else c.day_count || ' days' end
                )
            else z.zone
        end
    )
) as m (measure, amount, note)
where m.amount is not null;

select count(*) as rows_in, count(*) filter (where measure = 'backtest_plus_factor') as rows_out
from computed_measures
where measure in ('backtest_days', 'backtest_exceptions', 'backtest_plus_factor');
