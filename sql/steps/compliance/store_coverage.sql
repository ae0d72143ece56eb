-- purpose: keep how many subjects each rule checked, and why it did not check the others.
-- reads: found_coverage (temporary)
-- writes: compliance.coverage
-- rerun: replace the date
-- parameters: business_date, run_id

delete from compliance.coverage
where business_date = %(business_date)s
  and rule in (select rule from found_coverage);

insert into compliance.coverage (business_date, rule, outcome, subject_count, run_id)
select %(business_date)s, rule, outcome, subject_count, %(run_id)s
from found_coverage;

select
    (select count(*) from found_coverage) as rows_in,
    (select count(*) from compliance.coverage where business_date = %(business_date)s) as rows_out;
