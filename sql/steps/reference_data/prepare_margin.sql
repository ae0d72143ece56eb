-- purpose: make the empty tables that the files of the terms of margin are copied into.
-- reads: the columns of reference.margin_rates, reference.margin_instruments,
--        reference.netting_sets, reference.margin_accounts, reference.account_margin_rates
-- writes: loaded_margin_rates, loaded_margin_instruments, loaded_netting_sets,
--         loaded_margin_accounts, loaded_account_margin_rates (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists
pg_temp.loaded_margin_rates, pg_temp.loaded_margin_instruments, pg_temp.loaded_netting_sets,
pg_temp.loaded_margin_accounts, pg_temp.loaded_account_margin_rates;

create temporary table loaded_margin_rates on commit drop as
select margin_class, duration_over, effective_from, rate, source
from reference.margin_rates
with no data;

create temporary table loaded_margin_instruments on commit drop as
select symbol, margin_class, duration_years, basis
from reference.margin_instruments
with no data;

create temporary table loaded_netting_sets on commit drop as
select
    netting_set_id, counterparty_id, effective_from, threshold_amount,
    minimum_transfer_amount, basis
from reference.netting_sets
with no data;

create temporary table loaded_margin_accounts on commit drop as
select account, effective_from, currency, minimum_transfer_amount, basis
from reference.margin_accounts
with no data;

create temporary table loaded_account_margin_rates on commit drop as
select
    side, price_from, effective_from, initial_rate, maintenance_rate, maintenance_per_unit,
    source
from reference.account_margin_rates
with no data;

select 0 as rows_in, 0 as rows_out;
