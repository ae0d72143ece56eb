-- purpose: give the staged orders and answers of these batches a business day of the house: what
--          is dated on another day belongs to the one that follows, as no other day is closed.
-- reads: reference.calendar_days
-- writes: staging.orders, staging.order_responses (business_date)
-- rerun: does nothing more
-- parameters: batch_ids, calendar_id (the house's)

with orders as (
    update staging.orders as s
    set business_date = reference.adjust_date(
        d.calendar_id, d.calendar_date, 'FOLLOWING'
    )
    from reference.calendar_days as d
    where s.batch_id = any(%(batch_ids)s::bigint[])
      and (d.calendar_id, d.calendar_date) = (%(calendar_id)s, s.business_date)
      and not d.is_business_day
    returning 1
),
responses as (
    update staging.order_responses as s
    set business_date = reference.adjust_date(
        d.calendar_id, d.calendar_date, 'FOLLOWING'
    )
    from reference.calendar_days as d
    where s.batch_id = any(%(batch_ids)s::bigint[])
      and (d.calendar_id, d.calendar_date) = (%(calendar_id)s, s.business_date)
      and not d.is_business_day
    returning 1
)
select
    (select count(*) from orders) + (select count(*) from responses) as rows_in,
    (select count(*) from orders) + (select count(*) from responses) as rows_out;
