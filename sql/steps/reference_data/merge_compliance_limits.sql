-- purpose: bring bands, limits and restrictions in line with the loaded files.
-- reads: loaded_* (temporary)
-- writes: reference.price_bands, reference.trade_limits, reference.trading_restrictions,
--         reference.position_limits
-- rerun: upsert changed: rows that say the same stay untouched; a row that a file no longer has,
--        goes
-- parameters: none

delete from reference.price_bands
where (
    asset_class, price_above, effective_from, band_percent, listed_max, source
) not in (table loaded_price_bands);

insert into reference.price_bands (
    asset_class, price_above, effective_from, band_percent, listed_max, source
)
table loaded_price_bands
except
select asset_class, price_above, effective_from, band_percent, listed_max, source
from reference.price_bands;

delete from reference.trade_limits
where (
    asset_class, currency, effective_from, quantity_max, notional_max, source
) not in (table loaded_trade_limits);

insert into reference.trade_limits (
    asset_class, currency, effective_from, quantity_max, notional_max, source
)
table loaded_trade_limits
except
select asset_class, currency, effective_from, quantity_max, notional_max, source from
reference.trade_limits;

delete from reference.trading_restrictions
where (
    symbol, account, side, effective_from, effective_until, reason, decided_by
) not in (table loaded_trading_restrictions);

insert into reference.trading_restrictions (
    symbol, account, side, effective_from, effective_until, reason, decided_by
)
table loaded_trading_restrictions
except
select symbol, account, side, effective_from, effective_until, reason, decided_by from
reference.trading_restrictions;

delete from reference.position_limits
where (
    account, asset_class, effective_from, quantity_max, source
) not in (table loaded_position_limits);

insert into reference.position_limits (
    account, asset_class, effective_from, quantity_max, source
)
table loaded_position_limits
except
select account, asset_class, effective_from, quantity_max, source from reference.position_limits;

select
    (select count(*) from loaded_price_bands)
    + (select count(*) from loaded_trade_limits)
    + (select count(*) from loaded_trading_restrictions)
    + (select count(*) from loaded_position_limits) as rows_in,
    (select count(*) from reference.price_bands where recorded_at = now())
    + (select count(*) from reference.trade_limits where recorded_at = now())
    + (select count(*) from reference.trading_restrictions where recorded_at = now())
    + (select count(*) from reference.position_limits where recorded_at = now()) as rows_out;
