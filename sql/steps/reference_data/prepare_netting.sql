-- purpose: make the empty table that the file of netting agreements is copied into.
-- reads: the columns of reference.netting_agreements
-- writes: loaded_netting_agreements (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.loaded_netting_agreements;

create temporary table loaded_netting_agreements on commit drop as
select
    agreement, method, netting_centre, counterparty_id, market_id, asset_class, currency,
    effective_from, effective_until, source
from reference.netting_agreements
with no data;

select 0 as rows_in, 0 as rows_out;
