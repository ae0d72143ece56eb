-- purpose: make the partitions of the coming days before anything arrives for them: business dates
--          of a calendar, and days on which raw messages arrive.
-- reads: reference.calendar_days
-- writes: partitions of trade.*, recon.* and landing.message_blocks
-- rerun: does nothing where they stand
-- parameters: as_of, calendar_id, business_days_ahead, landing_days_ahead

drop table if exists pg_temp.coming_days;

create temporary table coming_days on commit drop as
select
    'business' as what,
    next_days.calendar_date as day,
    to_regclass('recon.breaks_' || to_char(next_days.calendar_date, 'YYYYMMDD')) is null as is_new
from (
    select calendar_date
    from reference.calendar_days
    where calendar_id = %(calendar_id)s
      and is_business_day
      and calendar_date >= (%(as_of)s::timestamptz at time zone 'UTC')::date
    order by calendar_date
    limit %(business_days_ahead)s
) as next_days
union all
select
    'landing',
    day::date,
    to_regclass('landing.message_blocks_' || to_char(day, 'YYYYMMDD')) is null
from generate_series(
    (%(as_of)s::timestamptz at time zone 'UTC')::date,
    (%(as_of)s::timestamptz at time zone 'UTC')::date + %(landing_days_ahead)s,
    interval '1 day'
) as days (day);

select
    case what
        when 'business' then control.ensure_partitions(day)
        else landing.ensure_message_partition(day)
    end
from coming_days
where is_new;

select count(*) as rows_in, count(*) filter (where is_new) as rows_out
from coming_days;
