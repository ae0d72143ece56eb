-- purpose: make the empty tables that the files of fees and of affirmation are copied into, with
--          their constraints: a row that says nothing sensible is refused where it stands.
-- reads: the columns of reference.fee_rates, reference.affirmation_cutoffs
-- writes: loaded_fee_rates, loaded_affirmation_cutoffs (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists pg_temp.loaded_fee_rates, pg_temp.loaded_affirmation_cutoffs;

create temporary table loaded_fee_rates (
    like reference.fee_rates including constraints
) on commit drop;
alter table loaded_fee_rates
    drop column fee_rate_id, drop column recorded_at, drop column withdrawn_at;

create temporary table loaded_affirmation_cutoffs (
    like reference.affirmation_cutoffs including constraints
) on commit drop;
alter table loaded_affirmation_cutoffs drop column recorded_at;

select 0 as rows_in, 0 as rows_out;
