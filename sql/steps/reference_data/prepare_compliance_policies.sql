-- purpose: make the empty tables that the files of policies of compliance are
--          copied into.
-- reads: the columns of reference.wash_trade_policies, reference.reporting_deadlines,
--        reference.anomaly_policies
-- writes: loaded_wash_trade_policies, loaded_reporting_deadlines, loaded_anomaly_policies
--         (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists
pg_temp.loaded_wash_trade_policies, pg_temp.loaded_reporting_deadlines,
pg_temp.loaded_anomaly_policies;

create temporary table loaded_wash_trade_policies on commit drop as
select
    asset_class, effective_from, window_ms, price_delta_percent_max,
    quantity_delta_percent_max, is_same_counterparty, source
from reference.wash_trade_policies
with no data;

create temporary table loaded_reporting_deadlines on commit drop as
select
    regime, market_id, asset_class, effective_from, timezone, calendar_id, basis, minutes_max,
    opens_at, closes_at, listed_max, source
from reference.reporting_deadlines
with no data;

create temporary table loaded_anomaly_policies on commit drop as
select effective_from, score_above, points_min, kept_max, source
from reference.anomaly_policies
with no data;

select 0 as rows_in, 0 as rows_out;
