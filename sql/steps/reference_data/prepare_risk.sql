-- purpose: make the empty tables that the files of the limits, scenarios and other terms of risk
--          are copied into.
-- reads: the columns of reference.risk_parameters, reference.risk_limits,
--        reference.stress_scenarios, reference.backtest_zones
-- writes: loaded_risk_parameters, loaded_risk_limits, loaded_stress_scenarios,
--         loaded_backtest_zones (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists
pg_temp.loaded_risk_parameters, pg_temp.loaded_risk_limits, pg_temp.loaded_stress_scenarios,
pg_temp.loaded_backtest_zones;

create temporary table loaded_risk_parameters on commit drop as
select
    effective_from, base_currency, confidence, scenarios_max, scenarios_min, tail, top_count,
    backtest_days, basis
from reference.risk_parameters
with no data;

create temporary table loaded_risk_limits on commit drop as
select limit_kind, subject, effective_from, limit_amount, basis
from reference.risk_limits
with no data;

create temporary table loaded_stress_scenarios on commit drop as
select scenario_id, asset_class, effective_from, shock, source
from reference.stress_scenarios
with no data;

create temporary table loaded_backtest_zones on commit drop as
select exceptions_from, effective_from, zone, plus_factor, source
from reference.backtest_zones
with no data;

select 0 as rows_in, 0 as rows_out;
