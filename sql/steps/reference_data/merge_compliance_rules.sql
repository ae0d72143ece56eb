-- purpose: bring rules of compliance, owners of accounts and identifiers in line with the
--          loaded files.
-- reads: loaded_* (temporary)
-- writes: reference.compliance_rules, reference.beneficial_owners,
--         reference.instrument_identifiers
-- rerun: upsert changed: rows that say the same stay untouched; a row that a file no longer has,
--        goes
-- parameters: none

delete from reference.compliance_rules
where (
    rule, effective_from, severity, closing_needs_second_person, source
) not in (table loaded_compliance_rules);

insert into reference.compliance_rules (
    rule, effective_from, severity, closing_needs_second_person, source
)
table loaded_compliance_rules
except
select rule, effective_from, severity, closing_needs_second_person, source from
reference.compliance_rules;

delete from reference.beneficial_owners
where (account, effective_from, beneficial_owner, source) not in (table loaded_beneficial_owners);

insert into reference.beneficial_owners (account, effective_from, beneficial_owner, source)
table loaded_beneficial_owners
except
select account, effective_from, beneficial_owner, source from reference.beneficial_owners;

delete from reference.instrument_identifiers
where (symbol, scheme, identifier, source) not in (table loaded_instrument_identifiers);

insert into reference.instrument_identifiers (symbol, scheme, identifier, source)
table loaded_instrument_identifiers
except
select symbol, scheme, identifier, source from reference.instrument_identifiers;

select
    (select count(*) from loaded_compliance_rules)
    + (select count(*) from loaded_beneficial_owners)
    + (select count(*) from loaded_instrument_identifiers) as rows_in,
    (select count(*) from reference.compliance_rules where recorded_at = now())
    + (select count(*) from reference.beneficial_owners where recorded_at = now())
    + (select count(*) from reference.instrument_identifiers where recorded_at = now()) as rows_out;
