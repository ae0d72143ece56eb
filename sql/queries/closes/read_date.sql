-- What is known of a date that is to be closed: messages that state it, whether it is a business day
-- of the house (null outside the calendar), whether it was closed before, and whether a batch that
-- waits for a person may hold more.
select
    (
        select coalesce(sum(received_count), 0)::bigint
        from control.received_counts
        where business_date = %(business_date)s
    ) + (
        select count(*)
        from landing.rejects
        where business_date = %(business_date)s
    ) as message_count,
    (
        select is_business_day
        from reference.calendar_days
        where calendar_id = %(calendar_id)s
          and calendar_date = %(business_date)s
    ) as is_business_day,
    exists (
        select
        from control.closes
        where business_date = %(business_date)s
    ) as is_closed_before,
    exists (
        select
        from landing.batches
        where status = 'STOPPED'
    ) as has_stopped_batches
