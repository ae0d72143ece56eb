-- purpose: make the empty tables that the reference files are copied into.
-- reads: the columns of reference.markets, reference.settlement_cycles, reference.counterparties,
--        reference.instruments, reference.sources, reference.tolerances, reference.calendar_days
-- writes: loaded_markets, loaded_settlement_cycles, loaded_counterparties, loaded_instruments,
--         loaded_sources, loaded_tolerances, loaded_calendar_days (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists
pg_temp.loaded_markets, pg_temp.loaded_settlement_cycles, pg_temp.loaded_counterparties,
pg_temp.loaded_instruments, pg_temp.loaded_sources, pg_temp.loaded_tolerances,
pg_temp.loaded_calendar_days;

create temporary table loaded_markets on commit drop as
select market_id, market_name, timezone, trading_calendar, settlement_calendar, counting_calendar
from reference.markets
with no data;

create temporary table loaded_settlement_cycles on commit drop as
select market_id, asset_class, effective_from, days_after_trade, null::text as source
from reference.settlement_cycles
with no data;

create temporary table loaded_counterparties on commit drop as
select counterparty_id, counterparty_name, lei, country
from reference.counterparties
with no data;

create temporary table loaded_instruments on commit drop as
select symbol, instrument_name, asset_class, currency, market_id, isin, settlement_market_id
from reference.instruments
with no data;

create temporary table loaded_sources on commit drop as
select
    source_id, timezone, market_id, currency, counterparty_id, expects_confirmation,
    expects_pnl_snapshot
from reference.sources
with no data;

create temporary table loaded_tolerances on commit drop as
select
    effective_from, quantity_delta_max, price_delta_max, timestamp_delta_ms_max, pnl_delta_limit,
    grace_seconds, fee_delta_max
from reference.tolerances
with no data;

create temporary table loaded_calendar_days on commit drop as
select calendar_id, calendar_date, is_business_day, business_day_ordinal
from reference.calendar_days
with no data;

select 0 as rows_in, 0 as rows_out;
