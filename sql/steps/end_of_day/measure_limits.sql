-- purpose: hold exposures, books and value at risk against the limits in force; a use above its
--          limit is a breach, one that is not known is said to be so.
-- reads: reference.risk_limits, risk_terms, computed_measures (temporary)
-- writes: computed_measures (temporary)
-- rerun: replaces its own rows
-- parameters: business_date

delete from computed_measures where measure in ('limit_amount', 'limit_used', 'limit_breach');

insert into computed_measures
with uses (limit_kind, subject_kind, subject, used, note) as (
    select
        case c.measure
            when 'value_at_risk' then 'VALUE_AT_RISK'
            when 'net_exposure' then 'COUNTERPARTY_NET'
            else c.subject_kind || '_GROSS'
        end,
        c.subject_kind,
        c.subject,
        -- either way: what we would owe counts like what they would
        case c.measure when 'value_at_risk' then c.amount else abs(c.amount) end,
        case when c.measure = 'value_at_risk' and c.amount is not null then null else c.note end
    from computed_measures as c
    where c.measure = 'value_at_risk'
       or c.measure = 'gross_exposure' and c.subject_kind in ('COUNTERPARTY', 'BOOK')
       or c.measure = 'net_exposure' and c.subject_kind = 'COUNTERPARTY'
),
limited as (
    select u.*, l.limit_amount, t.base_currency
    from uses as u
    cross join risk_terms as t
    cross join lateral (
        select limit_amount
        from reference.risk_limits
        where limit_kind = u.limit_kind
          and subject in (u.subject, '*')
          and effective_from <= %(business_date)s
        order by subject = '*', effective_from desc
        limit 1
    ) as l
)
select m.measure, l.subject_kind, l.subject, l.limit_kind, m.currency, m.amount, m.note
from limited as l
cross join lateral (
    values
    ('limit_amount', l.base_currency, l.limit_amount, null),
    ('limit_used', l.base_currency, l.used, l.note),
    ('limit_breach', '', (l.used > l.limit_amount)::integer, l.note)
) as m (measure, currency, amount, note);

select count(*) as rows_in, count(*) filter (where amount = 1) as rows_out
from computed_measures
where measure = 'limit_breach';
