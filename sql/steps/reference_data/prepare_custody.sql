-- purpose: make the empty tables that the files on depositories and custodians are copied into.
-- reads: the columns of reference.status_codes, reference.settlement_drivers,
--        reference.custodian_accounts
-- writes: loaded_status_codes, loaded_settlement_drivers, loaded_custodian_accounts (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists
pg_temp.loaded_status_codes, pg_temp.loaded_settlement_drivers, pg_temp.loaded_custodian_accounts;

create temporary table loaded_status_codes on commit drop as
select code, scheme, state, meaning, source
from reference.status_codes
with no data;

create temporary table loaded_settlement_drivers on commit drop as
select market_id, effective_from, driver, reason
from reference.settlement_drivers
with no data;

create temporary table loaded_custodian_accounts on commit drop as
select custodian_id, account, statement_kind, calendar_id, effective_from, effective_until
from reference.custodian_accounts
with no data;

select 0 as rows_in, 0 as rows_out;
