-- purpose: make the empty tables that the files of settlement are copied into.
-- reads: the columns of reference.currencies, reference.settlement_methods,
--        reference.standing_instructions, reference.life_cycle_states
-- writes: loaded_currencies, loaded_settlement_methods, loaded_standing_instructions,
--         loaded_life_cycle_states (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists
pg_temp.loaded_currencies, pg_temp.loaded_settlement_methods,
pg_temp.loaded_standing_instructions, pg_temp.loaded_life_cycle_states;

create temporary table loaded_currencies on commit drop as
select currency, minor_unit_digits
from reference.currencies
with no data;

create temporary table loaded_settlement_methods on commit drop as
select asset_class, market_id, method
from reference.settlement_methods
with no data;

create temporary table loaded_standing_instructions on commit drop as
select
    counterparty_id, market_id, asset_class, currency, effective_from, effective_until,
    place_of_settlement, agent_bic, securities_account, cash_account
from reference.standing_instructions
with no data;

create temporary table loaded_life_cycle_states on commit drop as
select state, operational_status, fix_codes, iso_codes, meaning
from reference.life_cycle_states
with no data;

select 0 as rows_in, 0 as rows_out;
