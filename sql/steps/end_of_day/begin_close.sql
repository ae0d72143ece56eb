-- purpose: note that the date is being closed, and whether it is a business day of the house.
-- reads: reference.calendar_days
-- writes: control.closes; the date's partitions
-- rerun: upsert changed: the first close keeps its instant
-- parameters: business_date, run_id, calendar_id

select control.ensure_partitions(%(business_date)s::date);

insert into control.closes (business_date, is_business_day, last_run_id)
values (
    %(business_date)s,
    coalesce(
        (
            select is_business_day
            from reference.calendar_days
            where calendar_id = %(calendar_id)s
              and calendar_date = %(business_date)s
        ),
        -- outside the calendar's years
        extract(isodow from %(business_date)s::date) <= 5
    ),
    %(run_id)s
)
on conflict (business_date) do update set
    is_business_day = excluded.is_business_day,
    last_closed_at = now(),
    last_run_id = excluded.last_run_id;

select 1 as rows_in, 1 as rows_out;
