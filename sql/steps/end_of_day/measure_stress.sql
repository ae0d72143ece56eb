-- purpose: value each book and the firm under each stress scenario in force.
-- reads: reference.stress_scenarios, risk_terms, valued_positions (temporary)
-- writes: computed_measures (temporary)
-- rerun: replaces its own rows
-- parameters: business_date

delete from computed_measures where measure = 'stress_pnl';

insert into computed_measures
with shocks as (
    select distinct on (scenario_id, asset_class) scenario_id, asset_class, shock
    from reference.stress_scenarios
    where effective_from <= %(business_date)s
    order by scenario_id, asset_class, effective_from desc
),
scenarios as (
    select distinct scenario_id from shocks
),
shocked as (
    select
        s.scenario_id,
        p.book,
        p.symbol,
        p.base_value * coalesce(own.shock, any_class.shock, 0) as pnl
    from scenarios as s
    cross join valued_positions as p
    left join shocks as own
        on own.scenario_id = s.scenario_id
        and own.asset_class = p.asset_class
    left join shocks as any_class
        on any_class.scenario_id = s.scenario_id
        and any_class.asset_class = '*'
)
select
    'stress_pnl',
    case when grouping(s.book) = 1 then 'FIRM' else 'BOOK' end,
    coalesce(s.book, 'FIRM'),
    s.scenario_id,
    t.base_currency,
    case when count(*) = count(s.pnl) then round(sum(s.pnl), t.digits) end,
    'not computed: not valued: '
    || string_agg(distinct s.symbol, ', ' order by s.symbol) filter (where s.pnl is null)
from shocked as s
cross join risk_terms as t
group by grouping sets (
    (s.scenario_id, s.book, t.base_currency, t.digits), (s.scenario_id, t.base_currency, t.digits)
);

select count(*) as rows_in, count(amount) as rows_out
from computed_measures
where measure = 'stress_pnl';
