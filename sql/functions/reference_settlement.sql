-- Settlement dates: T+n, n effective-dated, counted on the market's counting calendar and moved on to a
-- day of its settlement calendar (for most markets these are one calendar).

drop function if exists reference.settlement_dates(date[]);

create or replace function reference.settlement_dates(
    p_business_dates date[], p_market_ids text[] default null
) returns table (
    business_date date,
    market_id text,
    asset_class text,
    settlement_date date
)
language sql stable as $$
    select
        traded.business_date,
        cycle.market_id,
        cycle.asset_class,
        settles.calendar_date
    from unnest(p_business_dates) as traded (business_date)
    cross join lateral (
        select distinct on (c.market_id, c.asset_class)
            c.market_id,
            c.asset_class,
            c.days_after_trade
        from reference.settlement_cycles as c
        where c.effective_from <= traded.business_date
        order by c.market_id, c.asset_class, c.effective_from desc
    ) as cycle
    join reference.markets as m
        on m.market_id = cycle.market_id
        and (p_market_ids is null or m.market_id = any(p_market_ids))
    join reference.calendar_days as trade_day
        on trade_day.calendar_id = coalesce(m.counting_calendar, m.settlement_calendar)
        and trade_day.calendar_date = traded.business_date
    -- a trade on a holiday settles at the earliest on the next settlement day, also when n is 0
    join reference.calendar_days as counted
        on counted.calendar_id = trade_day.calendar_id
        and counted.is_business_day
        and counted.business_day_ordinal = trade_day.business_day_ordinal
            + greatest(cycle.days_after_trade, (not trade_day.is_business_day)::integer)
    join reference.calendar_days as due
        on due.calendar_id = m.settlement_calendar
        and due.calendar_date = counted.calendar_date
    join reference.calendar_days as settles
        on settles.calendar_id = m.settlement_calendar
        and settles.is_business_day
        and settles.business_day_ordinal
            = due.business_day_ordinal + (not due.is_business_day)::integer
$$;
comment on function reference.settlement_dates(date[], text[]) is
    'Settlement date for each trade date, market (all, or some) and asset class. No row where no cycle '
    'is in force or the calendar does not reach.';

create or replace function reference.settlement_date(
    p_market_id text, p_asset_class text, p_trade_date date
) returns date
language sql stable as $$
    select settlement_date
    from reference.settlement_dates(array[p_trade_date], array[p_market_id])
    where asset_class = p_asset_class
$$;
comment on function reference.settlement_date(text, text, date) is
    'When a trade of a market and asset class settles; null where no cycle or calendar reaches. For '
    'many trades join reference.settlement_dates.';

create or replace function reference.add_weekdays(p_date date, p_days integer) returns date
language sql immutable parallel safe returns null on null input as $$
    -- a weekend counts as its Friday
    select (
        p_date - greatest(extract(isodow from p_date)::integer - 5, 0) + p_days
        + 2 * ((least(extract(isodow from p_date)::integer, 5) - 1 + p_days) / 5)
    )
$$;
comment on function reference.add_weekdays(date, integer) is
    'The date n Mondays-to-Fridays later; stands in where no calendar reaches.';
