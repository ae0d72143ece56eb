-- purpose: make the empty tables that the files of shortage and fails are copied into.
-- reads: the columns of reference.opening_holdings, reference.inventory_controls,
--        reference.partial_settlement_rules, reference.chaser_steps
-- writes: loaded_opening_holdings, loaded_inventory_controls, loaded_partial_settlement_rules,
--         loaded_chaser_steps (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists
pg_temp.loaded_opening_holdings, pg_temp.loaded_inventory_controls,
pg_temp.loaded_partial_settlement_rules, pg_temp.loaded_chaser_steps;

create temporary table loaded_opening_holdings on commit drop as
select account, asset_kind, asset, effective_from, quantity, credit_limit, source
from reference.opening_holdings
with no data;

create temporary table loaded_inventory_controls on commit drop as
select account, market_id, asset_kind, effective_from, is_controlled
from reference.inventory_controls
with no data;

create temporary table loaded_partial_settlement_rules on commit drop as
select
    counterparty_id, market_id, effective_from, is_partial_allowed, minimum_quantity, priority,
    source
from reference.partial_settlement_rules
with no data;

create temporary table loaded_chaser_steps on commit drop as
select age_business_days, addressee, effective_from
from reference.chaser_steps
with no data;

select 0 as rows_in, 0 as rows_out;
