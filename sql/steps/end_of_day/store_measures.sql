-- purpose: keep the measures of the date as its next version, where any differs from the newest
--          one.
-- reads: computed_measures (temporary), risk.current_measures
-- writes: risk.versions, risk.measures
-- rerun: append once: the same measures again are no new version
-- parameters: business_date, run_id

with stored as (
    select measure, subject_kind, subject, detail, currency, amount, note
    from risk.current_measures
    where business_date = %(business_date)s
),
changed as (
    (table stored except table computed_measures)
    union all
    (table computed_measures except table stored)
),
added as (
    insert into risk.versions (business_date, version, run_id)
    select
        %(business_date)s,
        coalesce(
            (select max(version) from risk.versions where business_date = %(business_date)s), 0
        ) + 1,
        %(run_id)s
    where exists (select from changed)
    returning business_date, version
)
insert into risk.measures (
    business_date, version, measure, subject_kind, subject, detail, currency, amount, note
)
select
    a.business_date, a.version, c.measure, c.subject_kind, c.subject, c.detail, c.currency,
    c.amount, c.note
from added as a
cross join computed_measures as c;

select
    (select count(*) from computed_measures) as rows_in,
    (
        select count(*)
        from risk.current_measures
        where business_date = %(business_date)s
    ) as rows_out;
