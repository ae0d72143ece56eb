-- Calendars as people need them: a day's word over the rule, and the business-day conventions.

create or replace function reference.lay_calendar(p_calendar_id text) returns void
language plpgsql as $$
-- Ordinals pass through their negatives, so that no two days ever hold the same one.
begin
    with newest as (
        select distinct on (calendar_date)
            calendar_date,
            is_open
        from reference.calendar_overrides
        where calendar_id = p_calendar_id
        order by calendar_date, override_id desc
    ),
    wanted as (
        select
            d.calendar_date,
            coalesce(n.is_open, d.is_open_by_rule) as is_open,
            count(*) filter (where coalesce(n.is_open, d.is_open_by_rule))
                over (order by d.calendar_date) as ordinal
        from reference.calendar_days as d
        left join newest as n on n.calendar_date = d.calendar_date
        where d.calendar_id = p_calendar_id
    )
    update reference.calendar_days as d
    set is_business_day = w.is_open,
        business_day_ordinal = -w.ordinal,
        recorded_at = now()
    from wanted as w
    where d.calendar_id = p_calendar_id
      and d.calendar_date = w.calendar_date
      and (d.is_business_day, d.business_day_ordinal) <> (w.is_open, w.ordinal);
    update reference.calendar_days
    set business_day_ordinal = -business_day_ordinal
    where calendar_id = p_calendar_id
      and business_day_ordinal < 0;
end
$$;
comment on function reference.lay_calendar(text) is
    'Brings a calendar in line with its rule and what people said of its days. Changes what differs.';

create or replace function reference.override_day(
    p_calendar_id text, p_date date, p_is_open boolean, p_reason text, p_decided_by text
) returns integer
language plpgsql as $$
declare
    new_id integer;
begin
    if not exists (
        select
        from reference.calendar_days
        where (calendar_id, calendar_date) = (p_calendar_id, p_date)
    ) then
        raise exception using
            errcode = 'PT020',
            message = format('calendar %s does not reach %s', p_calendar_id, p_date),
            hint = 'See reference.calendar_days for the calendars and their span.';
    end if;
    insert into reference.calendar_overrides (
        calendar_id, calendar_date, is_open, reason, decided_by
    )
    values (p_calendar_id, p_date, p_is_open, p_reason, p_decided_by)
    returning override_id into new_id;
    perform reference.lay_calendar(p_calendar_id);
    return new_id;
end
$$;
comment on function reference.override_day(text, date, boolean, text, text) is
    'A person''s word over one day: open, closed, or (null) the rule again. Takes effect at once.';

create or replace function reference.adjust_date(
    p_calendar_id text, p_date date, p_convention text
) returns date
language sql stable as $$
    select case p_convention
        when 'FOLLOWING' then next.day
        when 'PRECEDING' then last.day
        when 'MODIFIED_FOLLOWING' then
            case when date_trunc('month', next.day) = date_trunc('month', p_date)
                then next.day else last.day
            end
        when 'MODIFIED_PRECEDING' then
            case when date_trunc('month', last.day) = date_trunc('month', p_date)
                then last.day else next.day
            end
    end
    from (
        select min(calendar_date) as day
        from reference.calendar_days
        where calendar_id = p_calendar_id
          and is_business_day
          and calendar_date between p_date and p_date + 40
    ) as next
    cross join (
        select max(calendar_date) as day
        from reference.calendar_days
        where calendar_id = p_calendar_id
          and is_business_day
          and calendar_date between p_date - 40 and p_date
    ) as last
$$;
comment on function reference.adjust_date(text, date, text) is
    'A date moved to a business day by a convention: FOLLOWING, PRECEDING, MODIFIED_FOLLOWING (not '
    'into the next month), MODIFIED_PRECEDING. Null for another name, or beyond the calendar.';
