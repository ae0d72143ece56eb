-- purpose: make the empty tables that the files of bands, limits and restrictions are
--          copied into.
-- reads: the columns of reference.price_bands, reference.trade_limits,
--        reference.trading_restrictions, reference.position_limits
-- writes: loaded_price_bands, loaded_trade_limits, loaded_trading_restrictions,
--         loaded_position_limits (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists
pg_temp.loaded_price_bands, pg_temp.loaded_trade_limits, pg_temp.loaded_trading_restrictions,
pg_temp.loaded_position_limits;

create temporary table loaded_price_bands on commit drop as
select asset_class, price_above, effective_from, band_percent, listed_max, source
from reference.price_bands
with no data;

create temporary table loaded_trade_limits on commit drop as
select asset_class, currency, effective_from, quantity_max, notional_max, source
from reference.trade_limits
with no data;

create temporary table loaded_trading_restrictions on commit drop as
select symbol, account, side, effective_from, effective_until, reason, decided_by
from reference.trading_restrictions
with no data;

create temporary table loaded_position_limits on commit drop as
select account, asset_class, effective_from, quantity_max, source
from reference.position_limits
with no data;

select 0 as rows_in, 0 as rows_out;
