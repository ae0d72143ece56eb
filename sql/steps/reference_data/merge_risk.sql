-- purpose: bring the limits, scenarios and other terms of risk in line with the loaded files.
-- reads: loaded_risk_parameters, loaded_risk_limits, loaded_stress_scenarios,
--        loaded_backtest_zones (temporary)
-- writes: reference.risk_parameters, reference.risk_limits, reference.stress_scenarios,
--         reference.backtest_zones
-- rerun: upsert changed: rows that say the same stay untouched; a row that a file no longer has
--        goes, because measures keep what they were made of
-- parameters: none

delete from reference.risk_parameters
where (
    effective_from, base_currency, confidence, scenarios_max, scenarios_min, tail,
    top_count, backtest_days, basis
) not in (select * from loaded_risk_parameters);

insert into reference.risk_parameters (
    effective_from, base_currency, confidence, scenarios_max, scenarios_min, tail,
    top_count, backtest_days, basis
)
select * from loaded_risk_parameters
on conflict do nothing;

delete from reference.risk_limits
where (
    limit_kind, subject, effective_from, limit_amount, basis
) not in (select * from loaded_risk_limits);

insert into reference.risk_limits (
    limit_kind, subject, effective_from, limit_amount, basis
)
select * from loaded_risk_limits
on conflict do nothing;

delete from reference.stress_scenarios
where (
    scenario_id, asset_class, effective_from, shock, source
) not in (select * from loaded_stress_scenarios);

insert into reference.stress_scenarios (
    scenario_id, asset_class, effective_from, shock, source
)
select * from loaded_stress_scenarios
on conflict do nothing;

delete from reference.backtest_zones
where (
    exceptions_from, effective_from, zone, plus_factor, source
) not in (select * from loaded_backtest_zones);

insert into reference.backtest_zones (
    exceptions_from, effective_from, zone, plus_factor, source
)
select * from loaded_backtest_zones
on conflict do nothing;

select
    (select count(*) from loaded_risk_parameters)
    + (select count(*) from loaded_risk_limits)
    + (select count(*) from loaded_stress_scenarios)
    + (select count(*) from loaded_backtest_zones) as rows_in,
    (select count(*) from reference.risk_parameters where recorded_at = now())
    + (select count(*) from reference.risk_limits where recorded_at = now())
    + (select count(*) from reference.stress_scenarios where recorded_at = now())
    + (select count(*) from reference.backtest_zones where recorded_at = now()) as rows_out;
