-- How old a fail is.

create or replace function settlement.age_in_business_days(
    p_market_id text, p_from date, p_to date
) returns integer
language sql stable as $$
    select
        coalesce(later.business_day_ordinal - earlier.business_day_ordinal, p_to - p_from)::integer
    from (select p_to) as asked
    left join reference.markets as m on m.market_id = p_market_id
    left join reference.calendar_days as earlier
        on (earlier.calendar_id, earlier.calendar_date) = (m.settlement_calendar, p_from)
    left join reference.calendar_days as later
        on (later.calendar_id, later.calendar_date) = (m.settlement_calendar, p_to)
$$;
comment on function settlement.age_in_business_days(text, date, date) is
    'Settlement days of a market from one date to another: 0 on the day itself. Of a market that is '
    'not known, calendar days.';

create or replace function settlement.age_bucket(p_age integer) returns text
language sql immutable parallel safe as $$
    select case
        when p_age <= 0 then '0'
        when p_age = 1 then '1'
        when p_age <= 3 then '2-3'
        when p_age <= 5 then '4-5'
        when p_age <= 10 then '6-10'
        when p_age <= 30 then '11-30'
        else '>30'
    end
$$;
comment on function settlement.age_bucket(integer) is
    'The ageing buckets of breaks and fails (convention), in business days.';
