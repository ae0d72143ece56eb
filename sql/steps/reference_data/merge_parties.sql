-- purpose: bring markets, parties, instruments, sources, cycles and tolerances in line with the
--          loaded files.
-- reads: loaded_* (temporary)
-- writes: reference.markets, reference.counterparties, reference.instruments, reference.sources,
--         reference.settlement_cycles, reference.tolerances
-- rerun: upsert changed: rows that say the same stay untouched; rows that a file no longer has stay
-- parameters: none

merge into reference.markets as t
using loaded_markets as s on t.market_id = s.market_id
when matched and (
    t.market_name, t.timezone, t.trading_calendar, t.settlement_calendar, t.counting_calendar
) is distinct from (
    s.market_name, s.timezone, s.trading_calendar, s.settlement_calendar, s.counting_calendar
) then update set (
    market_name, timezone, trading_calendar, settlement_calendar, counting_calendar, recorded_at
) = (
    s.market_name, s.timezone, s.trading_calendar, s.settlement_calendar, s.counting_calendar, now()
)
when not matched then insert (
    market_id, market_name, timezone, trading_calendar, settlement_calendar, counting_calendar
) values (
    s.market_id, s.market_name, s.timezone, s.trading_calendar, s.settlement_calendar,
    s.counting_calendar
);

merge into reference.counterparties as t
using loaded_counterparties as s on t.counterparty_id = s.counterparty_id
when matched and (t.counterparty_name, t.lei, t.country)
    is distinct from (s.counterparty_name, s.lei, s.country)
    then update set (counterparty_name, lei, country, recorded_at)
        = (s.counterparty_name, s.lei, s.country, now())
when not matched then insert
    values (s.counterparty_id, s.counterparty_name, s.lei, s.country);

merge into reference.instruments as t
using loaded_instruments as s on t.symbol = s.symbol
when matched and (
    t.instrument_name, t.asset_class, t.currency, t.market_id, t.isin, t.settlement_market_id
) is distinct from (
    s.instrument_name, s.asset_class, s.currency, s.market_id, s.isin, s.settlement_market_id
) then update set (
    instrument_name, asset_class, currency, market_id, isin, settlement_market_id, recorded_at
) = (
    s.instrument_name, s.asset_class, s.currency, s.market_id, s.isin, s.settlement_market_id, now()
)
when not matched then insert (
    symbol, instrument_name, asset_class, currency, market_id, isin, settlement_market_id
) values (
    s.symbol, s.instrument_name, s.asset_class, s.currency, s.market_id, s.isin,
    s.settlement_market_id
);

merge into reference.sources as t
using loaded_sources as s on t.source_id = s.source_id
when matched and (
    t.timezone, t.market_id, t.currency, t.counterparty_id, t.expects_confirmation,
    t.expects_pnl_snapshot
) is distinct from (
    s.timezone, s.market_id, s.currency, s.counterparty_id, s.expects_confirmation,
    s.expects_pnl_snapshot
) then update set (
    timezone, market_id, currency, counterparty_id, expects_confirmation, expects_pnl_snapshot,
    recorded_at
) = (
    s.timezone, s.market_id, s.currency, s.counterparty_id, s.expects_confirmation,
    s.expects_pnl_snapshot, now()
)
when not matched then insert values (
    s.source_id, s.timezone, s.market_id, s.currency, s.counterparty_id, s.expects_confirmation,
    s.expects_pnl_snapshot
);

select
    (select count(*) from loaded_markets) + (select count(*) from loaded_counterparties)
    + (select count(*) from loaded_instruments) + (select count(*) from loaded_sources) as rows_in,
    (select count(*) from reference.markets where recorded_at = now())
    + (select count(*) from reference.counterparties where recorded_at = now())
    + (select count(*) from reference.instruments where recorded_at = now())
    + (select count(*) from reference.sources where recorded_at = now()) as rows_out;
