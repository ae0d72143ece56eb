-- purpose: measure value at risk and expected shortfall of each book and of the firm by historical
--          simulation: the loss that the inverse distribution function gives for the confidence,
--          never one between two scenarios; and the mean of the losses at or beyond it. Too few
--          scenarios, or a position without a value: not computed, and why.
-- reads: risk_terms, scenario_subjects, scenario_results (temporary)
-- writes: computed_measures (temporary)
-- rerun: replaces its own rows
-- parameters: none

delete from computed_measures
where measure in ('scenario_count', 'value_at_risk', 'expected_shortfall');

insert into computed_measures
with valid as materialized (
    select s.subject_kind, s.subject, r.day, -r.pnl as loss
    from scenario_subjects as s
    join scenario_results as r using (subject_kind, subject, position_count)
),
quantiles as materialized (
    select
        subject_kind, subject, count(*) as scenario_count, min(day) as first_day,
        max(day) as last_day,
        percentile_disc((select confidence from risk_terms)) within group (order by loss) as loss
    from valid
    group by subject_kind, subject
),
tails as (
    select v.subject_kind, v.subject, avg(v.loss) as shortfall
    from valid as v
    join quantiles as q using (subject_kind, subject)
    cross join risk_terms as t
    where v.loss > q.loss
       or v.loss = q.loss and t.tail = 'AT_OR_BEYOND'
    group by v.subject_kind, v.subject
),
told as (
    select
        s.subject_kind, s.subject, t.base_currency, q.loss,
        coalesce(q.scenario_count, 0) as scenario_count,
        round(f.shortfall, t.digits) as shortfall,
        s.unvalued is null and coalesce(q.scenario_count, 0) >= t.scenarios_min as is_computed,
        case
            when s.unvalued is not null then 'not computed: not valued: ' || s.unvalued
            else format(
                'not computed: %%s scenarios, %%s are needed', coalesce(q.scenario_count, 0),
                t.scenarios_min
            )
        end as reason,
        format(
            'historical simulation, 1 day, %%s scenarios of %%s to %%s, confidence %%s, losses %%s',
            q.scenario_count, q.first_day, q.last_day, t.confidence,
            case t.tail when 'BEYOND' then 'beyond' else 'at or beyond' end
        ) as method
    from scenario_subjects as s
    cross join risk_terms as t
    left join quantiles as q using (subject_kind, subject)
    left join tails as f using (subject_kind, subject)
)
select
    m.measure, s.subject_kind, s.subject, '', m.currency, m.amount,
    case
        when m.measure = 'scenario_count' then null
        when not s.is_computed then s.reason
        when m.amount is null then 'not computed: no loss beyond the value at risk'
        else s.method
    end
from told as s
cross join lateral (
    values
    ('scenario_count', '', s.scenario_count),
    ('value_at_risk', s.base_currency, case when s.is_computed then s.loss end),
    ('expected_shortfall', s.base_currency, case when s.is_computed then s.shortfall end)
) as m (measure, currency, amount);

select count(*) as rows_in, count(*) filter (where amount is not null) as rows_out
from computed_measures
where measure in ('value_at_risk', 'expected_shortfall');
