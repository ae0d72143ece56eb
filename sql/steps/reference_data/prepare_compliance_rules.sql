-- purpose: make the empty tables that the files of rules of compliance, owners and identifiers are
--          copied into.
-- reads: the columns of reference.compliance_rules, reference.beneficial_owners,
--        reference.instrument_identifiers
-- writes: loaded_compliance_rules, loaded_beneficial_owners, loaded_instrument_identifiers
--         (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists
pg_temp.loaded_compliance_rules, pg_temp.loaded_beneficial_owners,
pg_temp.loaded_instrument_identifiers;

create temporary table loaded_compliance_rules on commit drop as
select rule, effective_from, severity, closing_needs_second_person, source
from reference.compliance_rules
with no data;

create temporary table loaded_beneficial_owners on commit drop as
select account, effective_from, beneficial_owner, source
from reference.beneficial_owners
with no data;

create temporary table loaded_instrument_identifiers on commit drop as
select symbol, scheme, identifier, source
from reference.instrument_identifiers
with no data;

select 0 as rows_in, 0 as rows_out;
