-- purpose: make the empty tables that the files of netting and allocation are copied into.
-- reads: the columns of reference.netting_agreements, reference.block_accounts
-- writes: loaded_netting_agreements, loaded_block_accounts (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists pg_temp.loaded_netting_agreements, pg_temp.loaded_block_accounts;

create temporary table loaded_netting_agreements on commit drop as
select
    agreement, method, netting_centre, counterparty_id, market_id, asset_class, currency,
    effective_from, effective_until, source
from reference.netting_agreements
with no data;

create temporary table loaded_block_accounts on commit drop as
select account, effective_from, effective_until, source
from reference.block_accounts
with no data;

select 0 as rows_in, 0 as rows_out;
