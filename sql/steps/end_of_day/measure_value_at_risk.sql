-- purpose: measure value at risk and expected shortfall of each book and of the firm by
--          historical simulation: the loss that the inverse distribution function gives for the
--          confidence, never one between two scenarios; and the mean of the losses at or beyond
--          it. Too few scenarios, or a position without a value: not computed, and why.
-- reads: risk_terms, valued_positions, scenario_results (temporary)
-- writes: computed_measures (temporary)
-- rerun: replaces its own rows
-- parameters: none

delete from computed_measures
where measure in ('scenario_count', 'value_at_risk', 'expected_shortfall');

insert into computed_measures
with held as (
    select
        case when grouping(book) = 1 then 'FIRM' else 'BOOK' end as subject_kind,
        coalesce(book, 'FIRM') as subject,
        count(*) as position_count,
        string_agg(distinct symbol, ', ' order by symbol) filter (where base_value is null)
            as unvalued
    from valued_positions
    group by grouping sets ((book), ())
    having count(*) > 0
),
quantiles as (
    select
        h.subject_kind, h.subject, h.unvalued,
        count(r.day) as scenario_count, min(r.day) as first_day, max(r.day) as last_day,
        percentile_disc((select confidence from risk_terms)) within group (order by -r.pnl) as loss
    from held as h
    left join scenario_results as r
        on r.subject_kind = h.subject_kind
        and r.subject = h.subject
        and r.position_count = h.position_count
    group by h.subject_kind, h.subject, h.unvalued
),
tails as (
    select
        q.*, t.base_currency,
        q.unvalued is null and q.scenario_count >= t.scenarios_min as is_computed,
        (
            select round(avg(-r.pnl), t.digits)
            from scenario_results as r
            join held as h using (subject_kind, subject, position_count)
            where (r.subject_kind, r.subject) = (q.subject_kind, q.subject)
              and (-r.pnl > q.loss or -r.pnl = q.loss and t.tail = 'AT_OR_BEYOND')
        ) as shortfall,
        case
            when q.unvalued is not null then 'not computed: not valued: ' || q.unvalued
            else format(
                'not computed: %%s scenarios, %%s are needed', q.scenario_count, t.scenarios_min
            )
        end as reason,
        format(
            'historical simulation, 1 day, %%s scenarios of %%s to %%s, confidence %%s, losses %%s',
            q.scenario_count, q.first_day, q.last_day, t.confidence,
            case t.tail when 'BEYOND' then 'beyond' else 'at or beyond' end
        ) as method
    from quantiles as q
    cross join risk_terms as t
)
select
    m.measure, q.subject_kind, q.subject, '', m.currency, m.amount,
    case
        when m.measure = 'scenario_count' then null
        when not q.is_computed then q.reason
        when m.amount is null then 'not computed: no loss beyond the value at risk'
        else q.method
    end
from tails as q
cross join lateral (
    values
    ('scenario_count', '', q.scenario_count),
    ('value_at_risk', q.base_currency, case when q.is_computed then q.loss end),
    ('expected_shortfall', q.base_currency, case when q.is_computed then q.shortfall end)
) as m (measure, currency, amount);

select count(*) as rows_in, count(*) filter (where amount is not null) as rows_out
from computed_measures
where measure in ('value_at_risk', 'expected_shortfall');
