-- The newest version of each date's measures.

create or replace view risk.current_measures as
select
    m.business_date, m.version, m.measure, m.subject_kind, m.subject, m.detail, m.currency,
    m.amount, m.note
from risk.measures as m
where m.version = (
    select max(v.version)
    from risk.versions as v
    where v.business_date = m.business_date
);
comment on view risk.current_measures is 'Measures of every date as they are known now.';
