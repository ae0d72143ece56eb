-- purpose: set what is required of each netting set and account against what is held, and call
--          what is missing, or give back what is too much; nothing moves below the minimum
--          transfer amount.
-- reads: margin_terms, computed_measures (temporary)
-- writes: computed_measures (temporary)
-- rerun: replaces its own rows
-- parameters: none

delete from computed_measures where measure in ('margin_required', 'margin_held', 'margin_call');

insert into computed_measures
with measured as (
    select
        subject_kind, subject, max(currency) as currency,
        max(note) filter (where amount is null) as reason,
        max(amount) filter (where measure = 'initial_margin') as initial,
        max(amount) filter (where measure = 'initial_margin_of_day') as initial_of_day,
        max(amount) filter (where measure = 'maintenance_margin') as maintenance,
        max(amount) filter (where measure = 'account_equity') as equity,
        max(amount) filter (where measure = 'net_replacement_cost') as replacement
    from computed_measures
    where subject_kind in ('NETTING_SET', 'ACCOUNT')
    group by subject_kind, subject
),
set_against as (
    select
        m.subject_kind, m.subject, m.currency, coalesce(m.reason, t.reason) as reason, t.minimum,
        case m.subject_kind
            when 'NETTING_SET' then greatest(m.initial - t.threshold, 0) + m.replacement
            -- Regulation T asks once, for the new; what must be held counts every day
            else greatest(m.maintenance, least(m.equity + m.initial_of_day, m.initial))
        end as required,
        case m.subject_kind
            when 'ACCOUNT' then m.equity
            else t.deposit
        end as held
    from measured as m
    join margin_terms as t using (subject_kind, subject)
)
select m.measure, s.subject_kind, s.subject, '', s.currency, m.amount, s.reason
from set_against as s
cross join lateral (
    values
    ('margin_required', s.required),
    ('margin_held', case when s.reason is null then s.held end),
    (
        'margin_call',
        case
            when abs(s.required - s.held) < s.minimum then 0
            -- of an account only what is missing is asked for: the rest is its owner's
            when s.subject_kind = 'ACCOUNT' then greatest(s.required - s.held, 0)
            else s.required - s.held
        end
    )
) as m (measure, amount);

select count(*) as rows_in, count(*) filter (where amount <> 0) as rows_out
from computed_measures
where measure = 'margin_call';
