-- purpose: bring settlement cycles, tolerances and calendar days in line with what was loaded.
-- reads: loaded_settlement_cycles, loaded_tolerances, loaded_calendar_days (temporary),
--        reference.calendar_overrides
-- writes: reference.settlement_cycles, reference.tolerances, reference.calendar_days
-- rerun: upsert changed: rows that say the same stay untouched; a calendar with a changed day is
--        laid anew, because its ordinals are counted from its first day; what a person said of a
--        day is laid over it again
-- parameters: none

insert into reference.settlement_cycles as t
(market_id, asset_class, effective_from, days_after_trade)
select market_id, asset_class, effective_from, days_after_trade
from loaded_settlement_cycles
on conflict (market_id, asset_class, effective_from) do update set
    days_after_trade = excluded.days_after_trade,
    recorded_at = now()
where t.days_after_trade <> excluded.days_after_trade;

merge into reference.tolerances as t
using loaded_tolerances as s on t.effective_from = s.effective_from
when matched and (
    t.quantity_delta_max, t.price_delta_max, t.timestamp_delta_ms_max, t.pnl_delta_limit,
    t.grace_seconds, t.fee_delta_max
) is distinct from (
    s.quantity_delta_max, s.price_delta_max, s.timestamp_delta_ms_max, s.pnl_delta_limit,
    s.grace_seconds, s.fee_delta_max
) then update set (
    quantity_delta_max, price_delta_max, timestamp_delta_ms_max, pnl_delta_limit, grace_seconds,
    fee_delta_max, recorded_at
) = (
    s.quantity_delta_max, s.price_delta_max, s.timestamp_delta_ms_max, s.pnl_delta_limit,
    s.grace_seconds, s.fee_delta_max, now()
)
when not matched then insert (
    effective_from, quantity_delta_max, price_delta_max, timestamp_delta_ms_max, pnl_delta_limit,
    grace_seconds, fee_delta_max
) values (
    s.effective_from, s.quantity_delta_max, s.price_delta_max, s.timestamp_delta_ms_max,
    s.pnl_delta_limit, s.grace_seconds, s.fee_delta_max
);

delete from reference.calendar_days
where calendar_id in (
    select s.calendar_id
    from loaded_calendar_days as s
    join reference.calendar_days as t using (calendar_id, calendar_date)
    where t.is_open_by_rule <> s.is_business_day
);

insert into reference.calendar_days (
    calendar_id, calendar_date, is_business_day, is_open_by_rule, business_day_ordinal
)
select calendar_id, calendar_date, is_business_day, is_business_day, business_day_ordinal
from loaded_calendar_days
on conflict (calendar_id, calendar_date) do nothing;

select reference.lay_calendar(calendar_id)
from (select distinct calendar_id from reference.calendar_overrides) as overridden;

analyze reference.calendar_days;

select
    (select count(*) from loaded_calendar_days) as rows_in,
    (select count(*) from reference.calendar_days where recorded_at = now()) as rows_out;
