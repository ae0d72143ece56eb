-- purpose: bring policies of compliance in line with the loaded files.
-- reads: loaded_* (temporary)
-- writes: reference.wash_trade_policies, reference.reporting_deadlines, reference.anomaly_policies
-- rerun: upsert changed: rows that say the same stay untouched; a row that a file no longer has,
--        goes
-- parameters: none

delete from reference.wash_trade_policies
where (
    asset_class, effective_from, window_ms, price_delta_percent_max, quantity_delta_percent_max,
    is_same_counterparty, source
) not in (table loaded_wash_trade_policies);

insert into reference.wash_trade_policies (
    asset_class, effective_from, window_ms, price_delta_percent_max, quantity_delta_percent_max,
    is_same_counterparty, source
)
table loaded_wash_trade_policies
except
select asset_class, effective_from, window_ms, price_delta_percent_max,
quantity_delta_percent_max, is_same_counterparty, source from reference.wash_trade_policies;

delete from reference.reporting_deadlines
where (
    regime, market_id, asset_class, effective_from, timezone, calendar_id, basis, minutes_max,
    opens_at, closes_at, listed_max, source
) not in (table loaded_reporting_deadlines);

insert into reference.reporting_deadlines (
    regime, market_id, asset_class, effective_from, timezone, calendar_id, basis, minutes_max,
    opens_at, closes_at, listed_max, source
)
table loaded_reporting_deadlines
except
select regime, market_id, asset_class, effective_from, timezone, calendar_id, basis,
minutes_max, opens_at, closes_at, listed_max, source from reference.reporting_deadlines;

delete from reference.anomaly_policies
where (
    effective_from, score_above, points_min, kept_max, source
) not in (table loaded_anomaly_policies);

insert into reference.anomaly_policies (
    effective_from, score_above, points_min, kept_max, source
)
table loaded_anomaly_policies
except
select effective_from, score_above, points_min, kept_max, source from reference.anomaly_policies;

select
    (select count(*) from loaded_wash_trade_policies)
    + (select count(*) from loaded_reporting_deadlines)
    + (select count(*) from loaded_anomaly_policies) as rows_in,
    (select count(*) from reference.wash_trade_policies where recorded_at = now())
    + (select count(*) from reference.reporting_deadlines where recorded_at = now())
    + (select count(*) from reference.anomaly_policies where recorded_at = now()) as rows_out;
