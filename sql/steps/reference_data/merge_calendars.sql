-- purpose: bring settlement cycles, tolerances and calendar days in line with what was loaded.
-- reads: loaded_settlement_cycles, loaded_tolerances, loaded_calendar_days (temporary)
-- writes: reference.settlement_cycles, reference.tolerances, reference.calendar_days
-- rerun: upsert changed: rows that say the same stay untouched; a calendar with a changed day is
--        laid anew, because its ordinals are counted from its first day
-- parameters: none

insert into reference.settlement_cycles as t
(market_id, asset_class, effective_from, days_after_trade)
select market_id, asset_class, effective_from, days_after_trade
from loaded_settlement_cycles
on conflict (market_id, asset_class, effective_from) do update set
    days_after_trade = excluded.days_after_trade,
    recorded_at = now()
where t.days_after_trade <> excluded.days_after_trade;

insert into reference.tolerances as t (
    effective_from, quantity_delta_max, price_delta_max, timestamp_delta_ms_max, pnl_delta_limit,
    grace_seconds
)
select
    effective_from, quantity_delta_max, price_delta_max, timestamp_delta_ms_max, pnl_delta_limit,
    grace_seconds
from loaded_tolerances
on conflict (effective_from) do update set
    quantity_delta_max = excluded.quantity_delta_max,
    price_delta_max = excluded.price_delta_max,
    timestamp_delta_ms_max = excluded.timestamp_delta_ms_max,
    pnl_delta_limit = excluded.pnl_delta_limit,
    grace_seconds = excluded.grace_seconds,
    recorded_at = now()
where (
    t.quantity_delta_max, t.price_delta_max, t.timestamp_delta_ms_max, t.pnl_delta_limit,
    t.grace_seconds
) is distinct from (
    excluded.quantity_delta_max, excluded.price_delta_max, excluded.timestamp_delta_ms_max,
    excluded.pnl_delta_limit, excluded.grace_seconds
);

delete from reference.calendar_days
where calendar_id in (
    select s.calendar_id
    from loaded_calendar_days as s
    join reference.calendar_days as t using (calendar_id, calendar_date)
    where (t.is_business_day, t.business_day_ordinal)
        <> (s.is_business_day, s.business_day_ordinal)
);

insert into reference.calendar_days (
    calendar_id, calendar_date, is_business_day, business_day_ordinal
)
select calendar_id, calendar_date, is_business_day, business_day_ordinal
from loaded_calendar_days
on conflict (calendar_id, calendar_date) do nothing;

analyze reference.calendar_days;

select
    (select count(*) from loaded_calendar_days) as rows_in,
    (select count(*) from reference.calendar_days where recorded_at = now()) as rows_out;
